import { TenantDatabase, type CreationPosition, type PageRequest, type SubscriptionEntity } from '@hooklane/postgres'
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, WhoAsks } from '../api-keys/caller.js'
import { setEtag } from '../http/etag.js'
import { choice, id } from '../http/fields.js'
import { instantOf } from '../http/instants.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NoBody } from '../http/no-body.js'
import { notFound } from '../http/problem.js'
import { PatchSubscription, WriteSubscription } from './subscription.dto.js'
import {
  CreatedSubscriptionView,
  RotatedSecretView,
  SavedSubscriptionView,
  SubscriptionView,
  subscriptionView,
  type SubscriptionStatus,
} from './subscription.view.js'
import { SubscriptionsService, type SavedSubscription } from './subscriptions.service.js'

class SubscriptionQuery extends ListQuery {
  @id({ optional: true })
  appId?: string

  @choice(['active', 'failing', 'disabled'], { optional: true })
  status?: SubscriptionStatus
}

@ApiTags('Subscriptions')
@Allow('editor')
@Controller('v1/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  /** The answer shows the signing secret, this once. */
  @Post()
  @ApiCreatedResponse({ type: CreatedSubscriptionView })
  async create(
    @WhoAsks() caller: Caller,
    @Body() body: WriteSubscription,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CreatedSubscriptionView> {
    const created = await this.subscriptions.create(caller, body)
    return { ...savedView(created, response), secret: created.secret }
  }

  @Get()
  @Allow('viewer')
  @ApiListOf(SubscriptionView)
  list(@WhoAsks() caller: Caller, @Query() query: SubscriptionQuery): Promise<ListAnswer<SubscriptionView>> {
    const { appId, status } = query
    const filter = {
      appId,
      enabled: status === undefined ? undefined : status !== 'disabled',
      failing: status === 'failing' ? true : status === 'active' ? false : undefined,
    }
    return this.lists.answer(
      { name: 'subscriptions', query, caller },
      (page: PageRequest<CreationPosition>) =>
        this.database.within(caller.scope, async (tables) => {
          const { rows, next } = await tables.subscriptions.page(filter, page)
          const failing = await tables.subscriptions.failingAmong(rows.map((row) => row.id))
          return { rows: rows.map((row) => ({ row, isFailing: failing.has(row.id) })), next }
        }),
      ({ row, isFailing }) => subscriptionView(row, isFailing),
    )
  }

  @Get(':id')
  @Allow('viewer')
  @ApiOkResponse({ type: SubscriptionView })
  async get(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SubscriptionView> {
    const { row, isFailing } = await this.database.within(caller.scope, async (tables) => {
      const row: SubscriptionEntity | null = await tables.subscriptions.find(subscriptionId)
      if (!row) throw notFound('subscription')
      return { row, isFailing: (await tables.subscriptions.failingAmong([row.id])).has(row.id) }
    })
    setEtag(response, row)
    return subscriptionView(row, isFailing)
  }

  @Patch(':id')
  @ApiOkResponse({ type: SavedSubscriptionView })
  async patch(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Body() body: PatchSubscription,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SavedSubscriptionView> {
    return savedView(await this.subscriptions.patch(caller, subscriptionId, { body, ifMatch }), response)
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async delete(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.subscriptions.delete(caller, subscriptionId, ifMatch)
  }

  @Post(':id/enable')
  @HttpCode(200)
  @ApiOkResponse({ type: SavedSubscriptionView })
  async enable(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Body(NoBody) _body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SavedSubscriptionView> {
    return savedView(await this.subscriptions.setEnabled(caller, subscriptionId, true), response)
  }

  /** Deliveries that wait or come while it is disabled are dropped. */
  @Post(':id/disable')
  @HttpCode(200)
  @ApiOkResponse({ type: SavedSubscriptionView })
  async disable(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Body(NoBody) _body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SavedSubscriptionView> {
    return savedView(await this.subscriptions.setEnabled(caller, subscriptionId, false), response)
  }

  @Post(':id/secrets/rotate')
  @HttpCode(200)
  @ApiOkResponse({ type: RotatedSecretView })
  async rotate(
    @WhoAsks() caller: Caller,
    @Param('id') subscriptionId: string,
    @Body(NoBody) _body: unknown,
  ): Promise<RotatedSecretView> {
    const { secret, previousValidUntil } = await this.subscriptions.rotateSecret(caller, subscriptionId)
    return { secret, previousValidUntil: instantOf(previousValidUntil) }
  }
}

function savedView(saved: SavedSubscription, response: Response): SavedSubscriptionView {
  setEtag(response, saved.subscription)
  return { ...subscriptionView(saved.subscription, saved.isFailing), warnings: saved.warnings }
}
