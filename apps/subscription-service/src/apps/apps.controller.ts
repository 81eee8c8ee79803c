import { TenantDatabase, type AppEntity, type CreationCursor, type PageRequest } from '@hooklane/postgres/tenancy'
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
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { preconditionsOf, setEtag, type RequestHeaders } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { IdempotentPost, type PostRequest } from '../idempotency/post-request.js'
import { IdempotentRequests, type Answer } from '../idempotency/idempotent-requests.js'
import { PatchApp, WriteApp } from './app.form.js'
import { AppView, appView } from './app.view.js'
import { AppsService } from './apps.service.js'

/** Errors that can occur while a worker group is chosen for the app. */
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
    summary: 'Create an app',
    description:
      'The server assigns the id. With a worker group of its own (`dedicated`), the topics of the group are created first.',
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
    summary: 'Create or replace an app under an id of your own',
    description:
      'App ids are unique across companies, so only operators may choose them. Absent fields take their defaults. An id belongs to its company for ever, even after the app is deleted. An app that is created again under its id continues the sequence numbers in the next `epoch`.',
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
      (page: PageRequest<CreationCursor>) =>
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
    description: 'Absent fields stay as they are. `worker.mode` cannot change once the app has had a subscription.',
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
      'Also deletes its subscriptions and keys. Deliveries that were routed to it and not delivered yet are settled as `filtered`. Its delivery log is kept until its retention ends.',
    preconditions: ['If-Match'],
  })
  @ApiNoContentResponse({ description: 'The app is deleted' })
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Headers() headers: RequestHeaders,
  ): Promise<void> {
    await this.apps.delete(caller, id, preconditionsOf(headers))
  }
}

const appAnswer = (app: AppEntity): Answer<AppView> => ({ body: appView(app), resource: app })
