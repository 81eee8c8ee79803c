import { Type, type Static } from '@sinclair/typebox'
import { EventSchema } from '../public/event.js'
import { SequenceNumber, StreamEpoch } from '../public/schemas.js'

/** `delivery/1`: one record on `deliveries.<group>`, key = app id: the event and its place in the app's stream. */
export const DeliverySchema = Type.Composite(
  [EventSchema, Type.Object({ order: Type.Object({ epoch: StreamEpoch, sequence: SequenceNumber }) })],
  { $id: 'delivery/1', additionalProperties: true },
)
export type DeliveryRecord = Static<typeof DeliverySchema>

export const DELIVERY_MODES = ['live', 'replay', 'snapshot'] as const
export type DeliveryMode = (typeof DELIVERY_MODES)[number]
export type DeliveryReason = 'event' | 'snapshot' | 'catchUp' | 'replay' | 'redrive' | 'test'

/** What a delivery's record says in its headers: enough to keep lanes in order without reading the body. */
export interface DeliveryHeaders {
  readonly kind: 'delivery'
  /** The webhook id. */
  readonly deliveryId: string
  readonly companyId: string
  /** Of the company whose event it is: a company made again under the same id is another one. */
  readonly companyIncarnation: number
  readonly sequence: bigint
  /** The event's position, null for process events. */
  readonly position: string | null
  /** Where the event stands in `events`; kept by every re-creation of the delivery. */
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
 * `stream-end/1`: the last record of an app's epoch on `deliveries.<group>`, key = app id, without a value. Written by the router when the app
 * was deleted: no delivery of this epoch, or of one before it, stands behind it.
 */
export interface StreamEndHeaders {
  readonly kind: 'ended'
  readonly companyId: string
  /** The last number that was given; 0: none ever was. */
  readonly sequence: bigint
  readonly streamEpoch: number
  readonly routedAt: string
}

export interface SourceOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}
