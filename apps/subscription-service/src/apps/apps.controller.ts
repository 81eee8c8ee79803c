import { TenantDatabase, type CreationPosition, type PageRequest } from '@hooklane/postgres'
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
import { Allow, Caller, WhoAsks } from '../api-keys/caller.js'
import { setEtag } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { AppView, appView, PatchApp, WriteApp } from './app.dto.js'
import { AppsService } from './apps.service.js'

@ApiTags('Apps')
@Allow('editor')
@Controller('v1/apps')
export class AppsController {
  constructor(
    private readonly apps: AppsService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  @Post()
  @ApiCreatedResponse({ type: AppView })
  async create(
    @WhoAsks() caller: Caller,
    @Body() body: WriteApp,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const app = await this.apps.create(caller, body)
    setEtag(response, app)
    return appView(app)
  }

  @Put(':id')
  @Allow('operator')
  @ApiOkResponse({ type: AppView })
  @ApiCreatedResponse({ type: AppView })
  async put(
    @WhoAsks() caller: Caller,
    @Param('id', NewIdPipe) id: string,
    @Body() body: WriteApp,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const { app, isNew } = await this.apps.put(caller, id, { body, ifMatch })
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK)
    setEtag(response, app)
    return appView(app)
  }

  @Get()
  @Allow('viewer')
  @ApiListOf(AppView)
  list(@WhoAsks() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<AppView>> {
    return this.lists.answer(
      { name: 'apps', query, caller },
      (page: PageRequest<CreationPosition>) => this.database.within(caller.scope, (tables) => tables.apps.page(page)),
      appView,
    )
  }

  @Get(':id')
  @Allow('viewer')
  @ApiOkResponse({ type: AppView })
  async get(
    @WhoAsks() caller: Caller,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const app = await this.apps.get(caller, id)
    setEtag(response, app)
    return appView(app)
  }

  @Patch(':id')
  @ApiOkResponse({ type: AppView })
  async patch(
    @WhoAsks() caller: Caller,
    @Param('id') id: string,
    @Body() body: PatchApp,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppView> {
    const app = await this.apps.patch(caller, id, { body, ifMatch })
    setEtag(response, app)
    return appView(app)
  }

  /** With its subscriptions. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async delete(
    @WhoAsks() caller: Caller,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.apps.delete(caller, id, ifMatch)
  }
}
