import { DELIVERY_STATUSES, type DeliveryStatus } from '@hooklane/contracts/records'
import {
  TenantDatabase,
  type AttemptPosition,
  type DeliveryCursor,
  type LoggedDelivery,
  type PageRequest,
} from '@hooklane/postgres/tenancy'
import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { choice, id, instant, text } from '../http/fields.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { notFound } from '../http/problem.js'
import {
  AttemptView,
  attemptView,
  DeliveryView,
  deliveryView,
  DeliveryWithEarlierView,
  DOCUMENTED_VIEWS,
} from './delivery.view.js'

class DeliveryQuery extends ListQuery {
  @id({ optional: true })
  appId?: string

  @id({ optional: true })
  subscriptionId?: string

  @text({ optional: true, max: 128, example: 'products.updated' })
  eventType?: string

  @text({ optional: true, max: 1_200, description: '`type/id`, or the id alone', example: 'product/prd_9001' })
  entity?: string

  @choice(DELIVERY_STATUSES, { optional: true })
  status?: DeliveryStatus

  @instant({ optional: true, description: 'Deliveries that were routed at or after this instant' })
  from?: string

  @instant({ optional: true, description: 'Deliveries that were routed before this instant' })
  to?: string
}

/** The delivery log: the state of each delivery, newest first. The log lags a second or two behind the deliveries. */
@ApiTags('Deliveries')
@ApiExtraModels(...DOCUMENTED_VIEWS)
@Allow('viewer', { forAppKeys: true })
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  @Get()
  @Operation({
    summary: 'List deliveries',
    description: 'Newest first. The log lags a second or two behind the deliveries.',
  })
  @ApiListOf(DeliveryView)
  list(@CurrentCaller() caller: Caller, @Query() query: DeliveryQuery): Promise<ListAnswer<DeliveryView>> {
    const { appId, subscriptionId, eventType, status, from, to } = query
    const filter = { appId, subscriptionId, eventType, status, from, to, ...entityFilter(query.entity) }
    return this.lists.answer(
      { name: 'deliveries', query, caller },
      (page: PageRequest<DeliveryCursor>) =>
        this.database.transaction(caller.scope, (tables) => tables.deliveryLog.page(filter, page)),
      deliveryView,
    )
  }

  @Get(':id')
  @Operation({ summary: 'Read a delivery', description: 'The id is the `webhook-id` of its requests.' })
  @ApiOkResponse({ type: DeliveryWithEarlierView })
  async get(@CurrentCaller() caller: Caller, @Param('id') deliveryId: string): Promise<DeliveryWithEarlierView> {
    const rows = await this.database.transaction(caller.scope, (tables) => tables.deliveryLog.findAll(deliveryId))
    const [newest, ...earlier] = found(rows)
    return { ...deliveryView(newest), earlier: earlier.map(deliveryView) }
  }

  @Get(':id/attempts')
  @Operation({
    summary: 'List the attempts of a delivery',
    description: 'The HTTP requests for this delivery, oldest first.',
  })
  @ApiListOf(AttemptView)
  attempts(
    @CurrentCaller() caller: Caller,
    @Param('id') deliveryId: string,
    @Query() query: ListQuery,
  ): Promise<ListAnswer<AttemptView>> {
    return this.lists.answer(
      { name: `attempts of ${deliveryId}`, query, caller },
      (page: PageRequest<AttemptPosition>) =>
        this.database.transaction(caller.scope, async ({ deliveryLog }) =>
          deliveryLog.attemptsOf(found(await deliveryLog.findAll(deliveryId)), page),
        ),
      attemptView,
    )
  }
}

function found(rows: readonly LoggedDelivery[]): [LoggedDelivery, ...LoggedDelivery[]] {
  const [first, ...others] = rows
  if (!first) throw notFound('delivery')
  return [first, ...others]
}

/** Splits `product/prd_9001` at the first slash, because ids may contain slashes and types do not. A text without a slash is an id. */
function entityFilter(entity: string | undefined): { entityType?: string; entityId?: string } {
  if (entity === undefined) return {}
  const slash = entity.indexOf('/')
  return slash < 0 ? { entityId: entity } : { entityType: entity.slice(0, slash), entityId: entity.slice(slash + 1) }
}
