import { Type, type Static } from '@sinclair/typebox'
import { WorkerModeSchema, type WorkerMode } from '../public/envelope.js'
import { DeliveryPolicySchema } from './delivery-policy.js'
import { Id, Instant, Maybe, Nullable, OffsetText, StreamEpoch } from '../public/schemas.js'

/**
 * Records on the compacted topic `subscriptions`. The key is `<kind>:<id>` and the schema header `<kind>/1`. The header `hooklane-version`
 * holds a number from one sequence for all keys: of two records with the same key, the higher version is newer. A deletion is a record
 * without a value, with a version of its own. The table `configuration` holds the same bodies.
 */

export const CompanySchema = Type.Object(
  {
    id: Id,
    name: Type.String(),
    /** Raised each time a company is created again under its id; absent: 1. */
    incarnation: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Events below this offset of the company's partition are for the former company of this id. Absent: there was none. */
    eventsFrom: Type.Optional(OffsetText),
  },
  { $id: 'company/1', additionalProperties: true },
)
export type CompanyConfiguration = Static<typeof CompanySchema>

/** Mode of an app that was created without one. */
export const DEFAULT_WORKER_MODE: WorkerMode = 'shared'

/** Part of the names of topics, consumer groups and Kubernetes objects. No dash at either end. New names have at most 52 characters. */
export const WorkerGroupName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$' })

/** Maximum length of an app type, in characters. The type is part of the name of the app's worker group. */
export const MAX_APP_TYPE_LENGTH = 40
/** Lower-case letters, digits and dashes, no dash at either end. */
export const APP_TYPE_FORM = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
export const AppTypeName = Type.String({ pattern: APP_TYPE_FORM.source })
/** Type of an app that was created without one. */
export const DEFAULT_APP_TYPE = 'webhook'

export const AppSchema = Type.Object(
  {
    id: Id,
    companyId: Id,
    name: Type.String(),
    type: AppTypeName,
    externalId: Maybe(Type.String()),
    enabled: Type.Boolean(),
    worker: Type.Object({ mode: WorkerModeSchema }),
    /** Chosen when the app is saved; changes only when the app is moved to another group. */
    workerGroup: WorkerGroupName,
    /** Raised by every move between groups. */
    routeVersion: Type.Integer({ minimum: 0 }),
    /** `order.epoch` of its deliveries. Raised each time the app is created again; absent: 1. */
    epoch: Type.Optional(StreamEpoch),
  },
  { $id: 'app/1', additionalProperties: true },
)
export type AppConfiguration = Static<typeof AppSchema>

/** A custom header of a target. A secret value is sealed; its authenticated data (AAD) is `<companyId>/<subscriptionId>/header`. */
export const TargetHeaderSchema = Type.Union([
  Type.Object({ name: Type.String(), value: Type.String() }),
  Type.Object({ name: Type.String(), sealed: Type.String() }),
])
export type TargetHeader = Static<typeof TargetHeaderSchema>

/**
 * The URL that deliveries go to. Plain text when nothing in it must be hidden. Otherwise `shown` is the part that may be shown, and
 * `sealed` is the whole URL, sealed with AAD `<companyId>/<subscriptionId>/url`.
 */
export const TargetUrlSchema = Type.Union([Type.String(), Type.Object({ shown: Type.String(), sealed: Type.String() })])
export type TargetUrl = Static<typeof TargetUrlSchema>

export const SubscriptionSchema = Type.Object(
  {
    id: Id,
    companyId: Id,
    appId: Id,
    name: Type.String(),
    externalId: Maybe(Type.String()),
    enabled: Type.Boolean(),
    target: Type.Object({
      url: TargetUrlSchema,
      method: Type.Literal('POST'),
      headers: Type.Array(TargetHeaderSchema),
    }),
    /** Event types or patterns: `products.updated`, `products.*`, `*`. */
    events: Type.Array(Type.String(), { minItems: 1 }),
    workflow: Type.Object({ id: Id, name: Type.String() }),
    payload: Type.Object({ type: Type.Literal('json'), mode: Type.Literal('full'), version: Type.Literal('1') }),
    delivery: DeliveryPolicySchema,
    /** Newest first; sealed with AAD `<companyId>/<subscriptionId>/secret`. Requests are signed with every valid secret. */
    secrets: Type.Array(Type.Object({ sealed: Type.String(), validUntil: Nullable(Instant) }), { minItems: 1 }),
  },
  { $id: 'subscription/1', additionalProperties: true },
)
export type SubscriptionConfiguration = Static<typeof SubscriptionSchema>

export const WorkerGroupSchema = Type.Object(
  {
    name: WorkerGroupName,
    partitions: Type.Integer({ minimum: 1 }),
    /** Retry slots per partition; 0 in dedicated groups. */
    slots: Type.Integer({ minimum: 0 }),
  },
  { $id: 'workerGroup/1', additionalProperties: true },
)
export type WorkerGroupConfiguration = Static<typeof WorkerGroupSchema>

export const EndedStreamSchema = Type.Object(
  {
    appId: Id,
    companyId: Id,
    epoch: StreamEpoch,
    /** The worker group that received the deliveries of this epoch. */
    workerGroup: WorkerGroupName,
  },
  { $id: 'endedStream/1', additionalProperties: true },
)
/**
 * The stream of a deleted app. Key `endedStream:<app id>/<epoch>`. It is written in the transaction of the deletion, after the deletion
 * itself: a reader that sees this record has already read the deletion. It is removed when everything that was routed to the app in this
 * epoch is settled.
 */
export type EndedStreamConfiguration = Static<typeof EndedStreamSchema>

export const endedStreamId = ({ appId, epoch }: { readonly appId: string; readonly epoch: number }): string =>
  `${appId}/${epoch}`

export type ConfigurationKind = 'company' | 'app' | 'subscription' | 'workerGroup' | 'endedStream'
