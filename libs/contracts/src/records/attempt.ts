import { Type, type Static } from '@sinclair/typebox'
import { EntityRefSchema } from '../public/event.js'
import { EventType, Id, Instant, Maybe, Nullable, OffsetText, SequenceNumber } from '../public/schemas.js'

/** Records on the topic `attempts`, key = app id: `attempt/1` for each request, `settlement/1` for deliveries settled without a request. */

/** The current status of a delivery. */
export const DELIVERY_STATUSES = [
  'pending',
  'retrying',
  'held',
  'delivered',
  'coalesced',
  'filtered',
  'skipped',
  'dropped',
  'deadLettered',
  'expired',
] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** Fields that identify the delivery of a record. */
const identity = {
  companyId: Id,
  /** The company's incarnation (raised when it is created again) at the time of routing; absent: 1. */
  companyIncarnation: Type.Optional(Type.Integer({ minimum: 1 })),
  appId: Id,
  workerGroup: Type.String(),
  subscriptionId: Id,
  subscriptionVersion: Type.String(),
  /** The webhook id. */
  deliveryId: Id,
  sequence: SequenceNumber,
  source: Type.Object({ topic: Type.String(), partition: Type.Integer({ minimum: 0 }), offset: OffsetText }),
  position: Nullable(Type.String()),
  eventId: Id,
  eventType: EventType,
  entity: EntityRefSchema,
  routedAt: Instant,
  mode: Type.String(),
  /** Lease epoch of the dispatcher that wrote the record. */
  ownerEpoch: OffsetText,
}

const headerList = Type.Record(Type.String(), Type.String())

export const AttemptSchema = Type.Object(
  {
    ...identity,
    /** Random; the same in all copies of a record. */
    attemptId: Id,
    /** 1 for the first. */
    attempt: Type.Integer({ minimum: 1 }),
    startedAt: Instant,
    /** From the guard's check before connecting (D5.1 in docs/protocol.md) to the last byte of the response, or to the failure. */
    durationMs: Type.Number({ minimum: 0 }),
    request: Type.Object({
      method: Type.String(),
      url: Type.String(),
      headers: headerList,
      bytes: Type.Integer(),
      digest: Type.String(),
    }),
    response: Nullable(Type.Object({ status: Type.Integer(), headers: headerList, body: Type.String() })),
    error: Nullable(Type.Object({ code: Type.String(), message: Type.String() })),
    /** The decision after the attempt: `delivered`, `retry`, `defer`, `deadLetter`, `drop`, `block`. */
    decision: Type.String(),
    nextAttemptAt: Nullable(Instant),
    /** The delivery's status after this attempt. */
    status: Type.String(),
  },
  { $id: 'attempt/1', additionalProperties: true },
)
export type AttemptRecord = Static<typeof AttemptSchema>

export const SettlementSchema = Type.Object(
  {
    ...identity,
    attemptId: Id,
    at: Instant,
    status: Type.String(),
    reason: Type.String(),
    cause: Maybe(Type.String()),
  },
  { $id: 'settlement/1', additionalProperties: true },
)
/** A delivery that was settled without a request (`filtered`, `dropped`, `skipped` …). */
export type SettlementRecord = Static<typeof SettlementSchema>

/** `dead-letter/1`: one record on the topic `dead-letters`, key = app id, with the whole delivery and the last error. */
export const DeadLetterSchema = Type.Object(
  {
    ...identity,
    attempts: Type.Integer(),
    reason: Type.String(),
    at: Instant,
    lastError: Nullable(Type.String()),
    delivery: Type.Unknown(),
  },
  { $id: 'dead-letter/1', additionalProperties: true },
)
export type DeadLetterRecord = Static<typeof DeadLetterSchema>
