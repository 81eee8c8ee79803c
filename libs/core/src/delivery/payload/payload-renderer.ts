import type { DeliveryRecord } from '@hooklane/contracts/records'
import type { Gap } from '../../lane/protocol.js'
import type { Addressee } from './addressee.js'

/** The event of a delivery. While the event is cached, all its deliveries share one object, so renderers may cache by that object. */
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

/** The body of a request and its media type. */
export interface Payload {
  /** Media type of the body. */
  readonly contentType: string
  readonly body: Buffer
}

/**
 * Makes the body of a request. Pure: the same arguments always give the same bytes. The arguments hold nothing about an attempt (its
 * number, the lag), so all attempts of a delivery send the same body. `render` is called once per attempt. A renderer may cache the parts
 * that several deliveries share.
 */
export interface PayloadRenderer {
  render(event: DeliveredEvent, address: Addressee, place: DeliveryPlace): Payload
}
