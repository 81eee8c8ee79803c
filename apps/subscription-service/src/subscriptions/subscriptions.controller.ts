import { SUBSCRIPTION_STATUSES, type SubscriptionStatus } from '@hooklane/contracts/records'
import {
  TenantDatabase,
  type CreationCursor,
  type PageRequest,
  type SubscriptionEntity,
} from '@hooklane/postgres/tenancy'
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { preconditionsOf, setEtag, type RequestHeaders } from '../http/etag.js'
import { choice, id } from '../http/fields.js'
import { instantOf } from '../http/instants.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NoBody } from '../http/no-body.js'
import { notFound } from '../http/problem.js'
import { IdempotentPost, type PostRequest } from '../idempotency/post-request.js'
import { IdempotentRequests, type Answer } from '../idempotency/idempotent-requests.js'
import { RotatedSecretView } from './secrets/secrets.view.js'
import { PatchSubscription, WriteSubscription } from './subscription.form.js'
import {
  CreatedSubscriptionView,
  SavedSubscriptionView,
  SubscriptionView,
  subscriptionView,
} from './subscription.view.js'
import {
  SubscriptionsService,
  type CreatedSubscription,
  type RotatedSecret,
  type SavedSubscription,
} from './subscriptions.service.js'

class SubscriptionQuery extends ListQuery {
  @id({ optional: true })
  appId?: string

  @choice(SUBSCRIPTION_STATUSES, { optional: true })
  status?: SubscriptionStatus
}

/** Errors that the fields of a subscription can cause, on creation and on change. */
const FIELDS = [
  'NOT_AVAILABLE',
  'INTERVAL_OR_BACKOFF',
  'BACKOFF_ORDER',
  'SCHEDULE_TOO_LONG',
  'SECRETS_REQUIRED',
] as const

@ApiTags('Subscriptions')
@Allow('editor')
@Controller('v1/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
    private readonly posts: IdempotentRequests,
  ) {}

  @Post()
  @Operation({
    summary: 'Subscribe an app',
    description:
      'Only `appId`, `target.url` and `events` are required. Only this response shows the signing secret. `warnings` lists values that are accepted but may be mistakes.',
    refusals: ['COMPANY_REQUIRED', 'NOT_FOUND', 'EXTERNAL_ID_TAKEN', ...FIELDS],
  })
  @ApiCreatedResponse({ type: CreatedSubscriptionView })
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: WriteSubscription,
    @IdempotentPost() post: PostRequest,
  ): Promise<CreatedSubscriptionView> {
    return this.posts.answer(post, createdAnswer, (transaction) => this.subscriptions.create(caller, body, transaction))
  }

  @Get()
  @Allow('viewer', { forAppKeys: true })
  @Operation({ summary: 'List subscriptions', description: 'Oldest first.' })
  @ApiListOf(SubscriptionView)
  list(@CurrentCaller() caller: Caller, @Query() query: SubscriptionQuery): Promise<ListAnswer<SubscriptionView>> {
    const { appId, status } = query
    const filter = {
      appId,
      enabled: status === undefined ? undefined : status !== 'disabled',
      failing: status === 'failing' ? true : status === 'active' ? false : undefined,
    }
    return this.lists.answer(
      { name: 'subscriptions', query, caller },
      (page: PageRequest<CreationCursor>) =>
        this.database.transaction(caller.scope, async (tables) => {
          const { rows, next } = await tables.subscriptions.page(filter, page)
          const failing = await tables.subscriptions.failingAmong(rows.map((row) => row.id))
          return { rows: rows.map((row) => ({ row, isFailing: failing.has(row.id) })), next }
        }),
      ({ row, isFailing }) => subscriptionView(row, isFailing),
    )
  }

  @Get(':id')
  @Allow('viewer', { forAppKeys: true })
  @Operation({ summary: 'Read a subscription', description: 'Secrets are not shown.' })
  @ApiOkResponse({ type: SubscriptionView })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') subscriptionId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SubscriptionView> {
    const { row, isFailing } = await this.database.transaction(caller.scope, async (tables) => {
      const row: SubscriptionEntity | null = await tables.subscriptions.find(subscriptionId)
      if (!row) throw notFound('subscription')
      return { row, isFailing: (await tables.subscriptions.failingAmong([row.id])).has(row.id) }
    })
    setEtag(response, row)
    return subscriptionView(row, isFailing)
  }

  @Patch(':id')
  @Operation({
    summary: 'Change a subscription',
    description:
      'Absent fields stay as they are, also inside `target`, `workflow` and `delivery`. The app cannot change. When the URL moves to another origin (scheme, host, port), send the values of secret headers again.',
    refusals: ['EXTERNAL_ID_TAKEN', ...FIELDS],
    preconditions: ['If-Match'],
  })
  @ApiOkResponse({ type: SavedSubscriptionView })
  async patch(
    @CurrentCaller() caller: Caller,
    @Param('id') subscriptionId: string,
    @Body() body: PatchSubscription,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SavedSubscriptionView> {
    const saved = await this.subscriptions.patch(caller, subscriptionId, { body, ...preconditionsOf(headers) })
    setEtag(response, saved.subscription)
    return savedView(saved)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete a subscription',
    description: 'Deliveries that still wait are settled as `filtered`.',
    preconditions: ['If-Match'],
  })
  @ApiNoContentResponse({ description: 'The subscription is deleted' })
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id') subscriptionId: string,
    @Headers() headers: RequestHeaders,
  ): Promise<void> {
    await this.subscriptions.delete(caller, subscriptionId, preconditionsOf(headers))
  }

  @Post(':id/enable')
  @HttpCode(200)
  @Operation({ summary: 'Enable a subscription', preconditions: ['If-Match'] })
  @ApiOkResponse({ type: SavedSubscriptionView })
  enable(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(NoBody) _body: unknown,
    @Headers() headers: RequestHeaders,
    @IdempotentPost() post: PostRequest,
  ): Promise<SavedSubscriptionView> {
    const preconditions = preconditionsOf(headers)
    return this.posts.answer(post, savedAnswer, (transaction) =>
      this.subscriptions.setEnabled({ caller, id, preconditions, transaction }, true),
    )
  }

  @Post(':id/disable')
  @HttpCode(200)
  @Operation({
    summary: 'Disable a subscription',
    description: 'While it is disabled, deliveries that still wait are dropped and no new events are routed to it.',
    preconditions: ['If-Match'],
  })
  @ApiOkResponse({ type: SavedSubscriptionView })
  disable(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(NoBody) _body: unknown,
    @Headers() headers: RequestHeaders,
    @IdempotentPost() post: PostRequest,
  ): Promise<SavedSubscriptionView> {
    const preconditions = preconditionsOf(headers)
    return this.posts.answer(post, savedAnswer, (transaction) =>
      this.subscriptions.setEnabled({ caller, id, preconditions, transaction }, false),
    )
  }

  @Post(':id/secrets/rotate')
  @HttpCode(200)
  @Operation({
    summary: 'Rotate the signing secret',
    description:
      'Only this response shows the new secret. Requests are signed with both the new and the previous secret for 24 hours.',
    preconditions: ['If-Match'],
  })
  @ApiOkResponse({ type: RotatedSecretView })
  rotate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body(NoBody) _body: unknown,
    @Headers() headers: RequestHeaders,
    @IdempotentPost() post: PostRequest,
  ): Promise<RotatedSecretView> {
    const preconditions = preconditionsOf(headers)
    return this.posts.answer(post, rotatedAnswer, (transaction) =>
      this.subscriptions.rotateSecret({ caller, id, preconditions, transaction }),
    )
  }
}

const savedView = ({ subscription, isFailing, warnings }: SavedSubscription): SavedSubscriptionView => ({
  ...subscriptionView(subscription, isFailing),
  warnings,
})

const savedAnswer = (saved: SavedSubscription): Answer<SavedSubscriptionView> => ({
  body: savedView(saved),
  resource: saved.subscription,
})

const createdAnswer = (created: CreatedSubscription): Answer<CreatedSubscriptionView> => ({
  body: { ...savedView(created), secret: created.secret },
  resource: created.subscription,
})

const rotatedAnswer = ({ subscription, secret, previousValidUntil }: RotatedSecret): Answer<RotatedSecretView> => ({
  body: { secret, previousValidUntil: instantOf(previousValidUntil) },
  resource: subscription,
})
