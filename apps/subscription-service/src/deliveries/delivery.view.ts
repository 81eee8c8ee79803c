import { DELIVERY_MODES } from '@hooklane/contracts/records'
import type { LoggedAttempt, LoggedDelivery } from '@hooklane/postgres/tenancy'
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger'
import { instantOf, maybeInstantOf } from '../http/instants.js'
import { nullable } from '../http/view-properties.js'

const maybeInstant = (): ApiPropertyOptions => nullable('string', { format: 'date-time' })

class EntityView {
  @ApiProperty({ example: 'product' }) type!: string
  @ApiProperty({ example: 'prd_9001' }) id!: string
  @ApiProperty(nullable('string')) key!: string | null
  @ApiProperty(nullable('string')) url!: string | null
}

export class DeliveryView {
  @ApiProperty({ example: 'msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C', description: 'The `webhook-id`' }) id!: string
  @ApiProperty({ description: 'Number of the delivery in the app’s stream' }) sequence!: number
  @ApiProperty() companyId!: string
  @ApiProperty() appId!: string
  @ApiProperty() subscriptionId!: string
  @ApiProperty() workerGroup!: string
  @ApiProperty() eventId!: string
  @ApiProperty({ example: 'products.updated' }) eventType!: string
  @ApiProperty({ type: EntityView }) entity!: EntityView
  @ApiProperty(nullable('string')) position!: string | null
  @ApiProperty({ enum: [...DELIVERY_MODES] }) mode!: string
  @ApiProperty({ format: 'date-time' }) routedAt!: string
  @ApiProperty() status!: string
  @ApiProperty(nullable('string')) reason!: string | null
  @ApiProperty() attempts!: number
  @ApiProperty(maybeInstant()) firstAttemptAt!: string | null
  @ApiProperty(maybeInstant()) lastAttemptAt!: string | null
  @ApiProperty(maybeInstant()) nextAttemptAt!: string | null
  @ApiProperty(maybeInstant()) settledAt!: string | null
  @ApiProperty(nullable('integer', { description: 'HTTP status of the last attempt; null: it got no response' }))
  lastStatus!: number | null
  @ApiProperty(nullable('string')) lastError!: string | null
}

export class DeliveryWithEarlierView extends DeliveryView {
  @ApiProperty({
    type: DeliveryView,
    isArray: true,
    description: 'Deliveries of the same event with the same id under earlier sequence numbers, newest first',
  })
  earlier!: DeliveryView[]
}

class RequestView {
  @ApiProperty() method!: string
  @ApiProperty({ description: 'With secrets masked' }) url!: string
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) headers!: Readonly<Record<string, string>>
  @ApiProperty() bytes!: number
  @ApiProperty() digest!: string
}

class ResponseView {
  @ApiProperty() status!: number
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) headers!: Readonly<Record<string, string>>
  @ApiProperty({ description: 'The first 4 KiB at most' }) body!: string
}

class ErrorView {
  @ApiProperty() code!: string
  @ApiProperty() message!: string
}

export class AttemptView {
  @ApiProperty() attemptId!: string
  @ApiProperty({ description: 'Number of the delivery in the app’s stream' }) sequence!: number
  @ApiProperty({ description: 'Number of the attempt, from 1' }) attempt!: number
  @ApiProperty({ format: 'date-time' }) startedAt!: string
  @ApiProperty() durationMs!: number
  @ApiProperty({ type: RequestView }) request!: RequestView
  @ApiProperty({ type: ResponseView, nullable: true }) response!: ResponseView | null
  @ApiProperty({ type: ErrorView, nullable: true }) error!: ErrorView | null
  @ApiProperty({ example: 'retry' }) decision!: string
  @ApiProperty(maybeInstant()) nextAttemptAt!: string | null
  @ApiProperty({ description: 'Status of the delivery after this attempt' }) status!: string
  @ApiProperty({ description: 'Lease epoch of the dispatcher that made the attempt' }) ownerEpoch!: string
}

export const DOCUMENTED_VIEWS = [RequestView, ResponseView, ErrorView]

export const deliveryView = (row: LoggedDelivery): DeliveryView => ({
  id: row.deliveryId,
  sequence: Number(row.sequence),
  companyId: row.companyId,
  appId: row.appId,
  subscriptionId: row.subscriptionId,
  workerGroup: row.workerGroup,
  eventId: row.eventId,
  eventType: row.eventType,
  entity: { type: row.entityType, id: row.entityId, key: row.entityKey, url: row.entityUrl },
  position: row.position,
  mode: row.mode,
  routedAt: instantOf(row.routedAt),
  status: row.status,
  reason: row.reason,
  attempts: row.attempts,
  firstAttemptAt: maybeInstantOf(row.firstAttemptAt),
  lastAttemptAt: maybeInstantOf(row.lastAttemptAt),
  nextAttemptAt: maybeInstantOf(row.nextAttemptAt),
  settledAt: maybeInstantOf(row.settledAt),
  lastStatus: row.lastStatus,
  lastError: row.lastError,
})

export const attemptView = (row: LoggedAttempt): AttemptView => ({
  attemptId: row.attemptId,
  sequence: Number(row.sequence),
  attempt: row.attempt,
  startedAt: instantOf(row.startedAt),
  durationMs: row.durationMs,
  request: {
    method: row.requestMethod,
    url: row.requestUrl,
    headers: row.requestHeaders,
    bytes: row.requestBytes,
    digest: row.requestDigest,
  },
  response:
    row.responseStatus === null
      ? null
      : { status: row.responseStatus, headers: row.responseHeaders ?? {}, body: row.responseBody ?? '' },
  error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
  decision: row.decision,
  nextAttemptAt: maybeInstantOf(row.nextAttemptAt),
  status: row.status,
  ownerEpoch: row.ownerEpoch,
})
