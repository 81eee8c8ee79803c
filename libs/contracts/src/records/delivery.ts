import { Type, type Static } from '@sinclair/typebox'
import { EventSchema } from '../public/event.js'
import { SequenceNumber, StreamEpoch } from '../public/schemas.js'

/** `delivery/1`: one record on `deliveries.<group>`, key = app id, with the event and its place in the app's stream. */
export const DeliverySchema = Type.Composite(
  [EventSchema, Type.Object({ order: Type.Object({ epoch: StreamEpoch, sequence: SequenceNumber }) })],
  { $id: 'delivery/1', additionalProperties: true },
)
export type DeliveryRecord = Static<typeof DeliverySchema>

export const DELIVERY_MODES = ['live', 'replay', 'snapshot'] as const
export type DeliveryMode = (typeof DELIVERY_MODES)[number]
export type DeliveryReason = 'event' | 'snapshot' | 'catchUp' | 'replay' | 'redrive' | 'test'

/** The headers of a delivery record. They suffice to keep lanes in order without parsing the body. */
export interface DeliveryHeaders {
  readonly kind: 'delivery'
  /** The webhook id. */
  readonly deliveryId: string
  readonly companyId: string
  /** Incarnation of the company that the event belongs to. A company that is created again under the same id has another incarnation. */
  readonly companyIncarnation: number
  readonly sequence: bigint
  /** The event's position; null for process events. */
  readonly position: string | null
  /** Where the event is stored in the topic `events`. A repeated delivery of the event has the same source. */
  readonly source: SourceOffset
  readonly routedAt: string
  readonly streamEpoch: number
  readonly subscriptionId: string
  readonly subscriptionVersion: bigint
  readonly routeVersion: number
  readonly streamVersion: number
  readonly mode: DeliveryMode
  readonly reason: DeliveryReason
}

/**
 * `stream-end/1`: the last record of an app's epoch on `deliveries.<group>`, key = app id, without a value. The router writes it after the
 * app was deleted. No delivery of this epoch, or of an earlier one, follows it.
 */
export interface StreamEndHeaders {
  readonly kind: 'ended'
  readonly companyId: string
  /** The last sequence number that was assigned; 0: none was. */
  readonly sequence: bigint
  readonly streamEpoch: number
  readonly routedAt: string
}

export interface SourceOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}
