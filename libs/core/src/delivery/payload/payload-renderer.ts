import type { DeliveryRecord } from '@hooklane/contracts/records'
import type { Gap } from '../../lane/protocol.js'
import type { Addressee } from './addressee.js'

/** The event of a delivery. One object for all its deliveries, as far as they are cached: renderers may keep what they made of it. */
export type DeliveredEvent = Omit<DeliveryRecord, 'order'>

/** Where a delivery stands in the stream of its app. */
export interface DeliveryPlace {
  /** `webhook-id`. */
  readonly deliveryId: string
  readonly order: DeliveryRecord['order']
  /** The sequence before the skipped ones; `sequence - 1` if none were skipped. */
  readonly previous: bigint
  readonly skipped: readonly Gap[]
}

/** What a request carries. */
export interface Payload {
  /** Media type of the body. */
  readonly contentType: string
  readonly body: Buffer
}

/**
 * Makes the body of a request. Pure: the same arguments always give the same bytes, so nothing of an attempt (its number, the lag) is among
 * them. It runs once per attempt, and keeps what several deliveries have in common.
 */
export interface PayloadRenderer {
  render(event: DeliveredEvent, address: Addressee, place: DeliveryPlace): Payload
}
