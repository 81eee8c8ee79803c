import { Type, type Static } from '@sinclair/typebox'
import { WorkerModeSchema, type WorkerMode } from '../public/envelope.js'
import { DeliveryPolicySchema } from './delivery-policy.js'
import { Id, Instant, Maybe, Nullable, OffsetText, StreamEpoch } from '../public/schemas.js'

/**
 * Records on the compacted topic `subscriptions`. Key `<kind>:<id>`, schema header `<kind>/1`, and `hooklane-version`: a number of one
 * sequence over all keys, so of two records of a key the higher one is the newer. A deletion is a record without a value that
 * carries the version of the deletion. The same bodies stand in the table `configuration`.
 */

export const CompanySchema = Type.Object(
  {
    id: Id,
    name: Type.String(),
    /** Raised each time that a company is made again under its id; absent: 1. */
    incarnation: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Events of the company below this offset of its partition were its predecessor's. Absent: it has none. */
    eventsFrom: Type.Optional(OffsetText),
  },
  { $id: 'company/1', additionalProperties: true },
)
export type CompanyConfiguration = Static<typeof CompanySchema>

/** Of an app that says nothing. */
export const DEFAULT_WORKER_MODE: WorkerMode = 'shared'

/** Names topics, consumer groups and Kubernetes objects, which neither begin nor end with a dash. New ones have 52 characters at most. */
export const WorkerGroupName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$' })

/** Characters of an app's type. It is part of the name of its worker group. */
export const MAX_APP_TYPE_LENGTH = 40
/** Lower-case letters, digits and dashes, no dash at either end. */
export const APP_TYPE_FORM = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
export const AppTypeName = Type.String({ pattern: APP_TYPE_FORM.source })
/** Of an app that says nothing. */
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
    /** Resolved when the app is saved; changes only by a move. */
    workerGroup: WorkerGroupName,
    /** Raised by every move between groups. */
    routeVersion: Type.Integer({ minimum: 0 }),
    /** `order.epoch` of its deliveries: raised each time that the app is made again; absent: 1. */
    epoch: Type.Optional(StreamEpoch),
  },
  { $id: 'app/1', additionalProperties: true },
)
export type AppConfiguration = Static<typeof AppSchema>

/** A header of the receiver's own. A secret value is sealed with AAD `<companyId>/<subscriptionId>/header`. */
export const TargetHeaderSchema = Type.Union([
  Type.Object({ name: Type.String(), value: Type.String() }),
  Type.Object({ name: Type.String(), sealed: Type.String() }),
])
export type TargetHeader = Static<typeof TargetHeaderSchema>

/**
 * Where deliveries go: the URL itself when there is nothing to hide in it, else what may be shown of it, and all of it sealed with AAD
 * `<companyId>/<subscriptionId>/url`.
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
    /** Newest first; sealed with AAD `<companyId>/<subscriptionId>/secret`. All that are valid sign. */
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
    /** Where the deliveries of this epoch went. */
    workerGroup: WorkerGroupName,
  },
  { $id: 'endedStream/1', additionalProperties: true },
)
/**
 * An app was deleted. Key `endedStream:<app id>/<epoch>`; stands until everything that was routed to the app in this epoch is settled, in
 * the transaction of the deletion and after it, so that whoever reads it has read the deletion.
 */
export type EndedStreamConfiguration = Static<typeof EndedStreamSchema>

export const endedStreamId = ({ appId, epoch }: { readonly appId: string; readonly epoch: number }): string =>
  `${appId}/${epoch}`

export type ConfigurationKind = 'company' | 'app' | 'subscription' | 'workerGroup' | 'endedStream'
