import { decoderOf } from '@hooklane/contracts/public'
import { DeliverySchema, type DeliveryRecord } from '@hooklane/contracts/records'

const decode = decoderOf(DeliverySchema)

/** The delivery that a record's value holds; null when it is none. */
export function decodeDelivery(value: Buffer): DeliveryRecord | null {
  const decoded = decode(value)
  return decoded.ok ? decoded.value : null
}
