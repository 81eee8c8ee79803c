import { TenantDatabase, type AppEntity, type CreationPosition, type PageRequest } from '@hooklane/postgres'
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, CurrentCaller } from '../api-keys/caller.js'
import { Operation } from '../documentation/operation.js'
import { preconditionsOf, setEtag, type RequestHeaders } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { IdempotentPost, type PostRequest } from '../idempotency/post-request.js'
import { IdempotentRequests, type Answer } from '../idempotency/idempotent-requests.js'
import { PatchApp, WriteApp } from './app.form.js'
import { AppView, appView } from './app.view.js'
import { AppsService } from './apps.service.js'

/** What finding the app a worker group can end in. */
const PLACEMENT = ['WORKER_GROUP_CLASH', 'WORKER_GROUP_NOT_READY', 'NOT_AVAILABLE'] as const

@ApiTags('Apps')
@Allow('editor')
@Controller('v1/apps')
export class AppsController {
  constructor(
    private readonly apps: AppsService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
    private readonly posts: IdempotentRequests,
  ) {}

  @Post()
  @Operation({
    summary: 'Make an app',
    description: 'The server gives the id. With a worker group of its own (`dedicated`) its topics are made first.',
    refusals: ['COMPANY_REQUIRED', 'NOT_FOUND', 'EXTERNAL_ID_TAKEN', ...PLACEMENT],
  })
  @ApiCreatedResponse({ type: AppView })
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: WriteApp,
    @IdempotentPost() post: PostRequest,
  ): Promise<AppView> {
    return this.posts.answer(post, appAnswer, (transaction) => this.apps.create(caller, body, transaction))
  }

  @Put(':id')
  @Allow('operator')
  @Operation({
    summary: 'Make or replace an app under an id of your own',
    description:
      'Ids are global, so this is for operators. What is absent takes its default. An id stays its company’s, also when the app is deleted; an app that is made again under it goes on with its numbers in the next `epoch`.',
    refusals: ['COMPANY_REQUIRED', 'NOT_FOUND', 'ID_TAKEN', 'EXTERNAL_ID_TAKEN', 'WORKER_MODE_FIXED', ...PLACEMENT],
    preconditions: ['If-Match', 'If-None-Match'],
  })
  @ApiOkResponse({ type: AppView })
  @ApiCreatedResponse({ type: AppView })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('id', NewIdPipe) id: string,
    @Body() body: WriteApp,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const { app, isNew } = await this.apps.put(caller, id, { body, ...preconditionsOf(headers) })
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK)
    setEtag(response, app)
    return appView(app)
  }

  @Get()
  @Allow('viewer', { forAppKeys: true })
  @Operation({ summary: 'List apps', description: 'Oldest first.' })
  @ApiListOf(AppView)
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<AppView>> {
    return this.lists.answer(
      { name: 'apps', query, caller },
      (page: PageRequest<CreationPosition>) =>
        this.database.transaction(caller.scope, (tables) => tables.apps.page(page)),
      appView,
    )
  }

  @Get(':id')
  @Allow('viewer', { forAppKeys: true })
  @Operation({ summary: 'Read an app' })
  @ApiOkResponse({ type: AppView })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const app = await this.apps.get(caller, id)
    setEtag(response, app)
    return appView(app)
  }

  @Patch(':id')
  @Operation({
    summary: 'Change an app',
    description: 'What is absent stays. `worker.mode` is fixed once the app has a subscription.',
    refusals: ['EXTERNAL_ID_TAKEN', 'WORKER_MODE_FIXED', ...PLACEMENT],
    preconditions: ['If-Match'],
  })
  @ApiOkResponse({ type: AppView })
  async patch(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: PatchApp,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const app = await this.apps.patch(caller, id, { body, ...preconditionsOf(headers) })
    setEtag(response, app)
    return appView(app)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete an app',
    description:
      'With its subscriptions and its keys. What was routed to it and is not delivered yet is settled as `filtered`; its delivery log ends by retention.',
    preconditions: ['If-Match'],
  })
  @ApiNoContentResponse({ description: 'It is gone' })
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Headers() headers: RequestHeaders,
  ): Promise<void> {
    await this.apps.delete(caller, id, preconditionsOf(headers))
  }
}

const appAnswer = (app: AppEntity): Answer<AppView> => ({ body: appView(app), resource: app })
