import type { FailureAction, SubscriptionConfiguration, SuccessRule } from '@hooklane/contracts/records'
import { shownUrl } from '@hooklane/core/access'
import type { DisabledReason, SubscriptionEntity, SubscriptionSecretEntity } from '@hooklane/postgres'
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger'
import { instantOf, maybeInstantOf } from '../http/instants.js'
import { toPolicyConfiguration } from './delivery-policy.js'
import type { Warning } from './event-patterns.js'
import { HeaderView, SUCCESS_SCHEMA } from './subscription.dto.js'
import { headerView } from './target-headers.js'
import { targetUrlConfiguration } from './target-url.js'

export type SubscriptionStatus = 'active' | 'failing' | 'disabled'

const nullable = (type: string, rest: object = {}): ApiPropertyOptions =>
  ({ type, nullable: true, ...rest }) as ApiPropertyOptions
const NULL = { type: 'null' } as ApiPropertyOptions
const constant = (value: unknown, rest: object = {}): ApiPropertyOptions => ({
  type: 'object',
  additionalProperties: true,
  example: value,
  ...rest,
})

class DisabledView {
  @ApiProperty({ enum: ['user', 'failures', 'gone'] }) reason!: DisabledReason
  @ApiProperty({ format: 'date-time' }) at!: string
  @ApiProperty() failures!: number
  @ApiProperty(nullable('string')) lastError!: string | null
}

class TargetView {
  @ApiProperty({
    example: 'https://hooks.example.com/services/***?key=***',
    description: 'As much of it as may be shown. Written back as it is, it stays what it is',
  })
  url!: string
  @ApiProperty() method!: 'POST'
  @ApiProperty({ type: HeaderView, isArray: true }) headers!: HeaderView[]
  @ApiProperty({ type: 'array', items: {} }) query!: never[]
  @ApiProperty(constant({ type: 'none' })) auth!: { type: 'none' }
}

class WorkflowView {
  @ApiProperty() id!: string
  @ApiProperty() name!: string
  @ApiProperty(NULL) trigger!: null
  @ApiProperty(NULL) stop!: null
}

class RetryView {
  @ApiProperty() attempts!: number
  @ApiProperty({ required: false, format: 'duration' }) interval?: string
  @ApiProperty(constant({ first: 'PT1S', factor: 2, max: 'PT1H' }, { required: false })) backoff?: object
  @ApiProperty() jitter!: number
  @ApiProperty({ enum: ['any', 'transient'] }) on!: 'any' | 'transient'
}

const ACTIONS: readonly FailureAction[] = ['deadLetter', 'drop', 'block']

class DeliveryPolicyView {
  @ApiProperty(SUCCESS_SCHEMA) success!: SuccessRule
  @ApiProperty({ format: 'duration' }) timeout!: string
  @ApiProperty({ type: RetryView }) retry!: RetryView
  @ApiProperty({ enum: [...ACTIONS] }) onRejected!: FailureAction
  @ApiProperty({ enum: [...ACTIONS] }) onUnreachable!: FailureAction
  @ApiProperty(NULL) autoDisable!: null
  @ApiProperty(NULL) whileDisabled!: null
}

class WarningView {
  @ApiProperty() path!: string
  @ApiProperty({ example: 'UNKNOWN_EVENT_TYPE' }) code!: string
  @ApiProperty() message!: string
}

export class SubscriptionView {
  @ApiProperty({ example: 'sub_31' }) id!: string
  @ApiProperty() companyId!: string
  @ApiProperty() appId!: string
  @ApiProperty() name!: string
  @ApiProperty(NULL) preset!: null
  @ApiProperty() enabled!: boolean
  @ApiProperty({ enum: ['active', 'failing', 'disabled'] }) status!: SubscriptionStatus
  @ApiProperty({ type: DisabledView, nullable: true })
  disabled!: DisabledView | null
  @ApiProperty({ type: TargetView }) target!: TargetView
  @ApiProperty({ type: [String] }) events!: string[]
  @ApiProperty(NULL) filter!: null
  @ApiProperty(constant({ channelIds: [] })) scope!: { channelIds: never[] }
  @ApiProperty({ type: WorkflowView }) workflow!: WorkflowView
  @ApiProperty() echo!: 'deliver'
  @ApiProperty() coalesce!: false
  @ApiProperty(nullable('string')) externalId!: string | null
  @ApiProperty(constant({ type: 'json', mode: 'full' })) payload!: object
  @ApiProperty({ type: DeliveryPolicyView }) delivery!: DeliveryPolicyView
  @ApiProperty(NULL) notificationPeriod!: null
  @ApiProperty(constant({ emails: [] })) notifications!: { emails: never[] }
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ format: 'date-time' }) updatedAt!: string
}

/** The answer to what changes a subscription. */
export class SavedSubscriptionView extends SubscriptionView {
  @ApiProperty({ type: WarningView, isArray: true, description: 'What is accepted, but may not be meant' })
  warnings!: Warning[]
}

export class CreatedSubscriptionView extends SavedSubscriptionView {
  @ApiProperty({ example: 'whsec_…', description: 'Signs the deliveries. Shown once' }) secret!: string
}

export class RotatedSecretView {
  @ApiProperty({ example: 'whsec_…', description: 'Shown once' }) secret!: string
  @ApiProperty({ format: 'date-time', description: 'Until then the secret before signs as well' })
  previousValidUntil!: string
}

const PAYLOAD = { type: 'json', mode: 'full', version: '1', fields: [], static: {}, missing: 'omit', template: null }

export const subscriptionView = (row: SubscriptionEntity, isFailing: boolean): SubscriptionView => ({
  id: row.id,
  companyId: row.companyId,
  appId: row.appId,
  name: row.name,
  preset: null,
  enabled: row.enabled,
  status: row.enabled ? (isFailing ? 'failing' : 'active') : 'disabled',
  disabled: disabledView(row),
  target: {
    url: shownUrl(row.targetUrl),
    method: 'POST',
    headers: row.targetHeaders.map(headerView),
    query: [],
    auth: { type: 'none' },
  },
  events: row.events,
  filter: null,
  scope: { channelIds: [] },
  workflow: { id: row.workflowId, name: row.workflowName, trigger: null, stop: null },
  echo: 'deliver',
  coalesce: false,
  externalId: row.externalId,
  payload: PAYLOAD,
  delivery: { ...row.delivery, autoDisable: null, whileDisabled: null },
  notificationPeriod: null,
  notifications: { emails: [] },
  createdAt: instantOf(row.createdAt),
  updatedAt: instantOf(row.updatedAt),
})

function disabledView(row: SubscriptionEntity): DisabledView | null {
  if (row.disabledReason === null) return null
  return {
    reason: row.disabledReason,
    at: instantOf(row.disabledAt ?? row.updatedAt),
    failures: row.disabledFailures,
    lastError: row.disabledError,
  }
}

/** What the delivery path is told. @param secrets newest first */
export const subscriptionConfiguration = (
  row: SubscriptionEntity,
  secrets: readonly SubscriptionSecretEntity[],
): SubscriptionConfiguration => ({
  id: row.id,
  companyId: row.companyId,
  appId: row.appId,
  name: row.name,
  externalId: row.externalId,
  enabled: row.enabled,
  target: { url: targetUrlConfiguration(row), method: 'POST', headers: row.targetHeaders },
  events: row.events,
  workflow: { id: row.workflowId, name: row.workflowName },
  payload: { type: 'json', mode: 'full', version: '1' },
  delivery: toPolicyConfiguration(row.delivery),
  secrets: secrets.map(({ sealed, validUntil }) => ({ sealed, validUntil: maybeInstantOf(validUntil) })),
})
