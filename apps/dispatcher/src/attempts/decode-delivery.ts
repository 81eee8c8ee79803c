import { decoderOf } from '@hooklane/contracts/public'
import { DeliverySchema, type DeliveryRecord } from '@hooklane/contracts/records'

const decode = decoderOf(DeliverySchema)

/** Decodes the delivery in a record's value; null when the value is not a delivery. */
export function decodeDelivery(value: Buffer): DeliveryRecord | null {
  const decoded = decode(value)
  return decoded.ok ? decoded.value : null
}
