import type { EntityRef } from '@hooklane/contracts/public'
import { orderSuffix, type StreamPlace } from '../kernel/identity/stream-place.js'

const CLOSING_BRACE = 0x7d

/**
 * Builds a delivery's value: the bytes of the event as received, with `"order":{…}` as its last member, preceded by `entity` if the
 * delivery's entity is not the event's. The event is not serialised again, so its numbers and the order of its keys stay as the producer
 * wrote them, and it cannot grow (`1e20` re-encoded has five times the length). If the event already has members of these names, the added
 * ones win, because of two members with the same name the last one counts. Returns null when the bytes do not end with a closing brace.
 */
export function deliveryValue(event: Uint8Array, place: StreamPlace, entity: EntityRef | null = null): Buffer | null {
  let end = event.length
  while (end > 0 && isJsonBlank(event[end - 1])) end--
  if (end === 0 || event[end - 1] !== CLOSING_BRACE) return null
  const addressed = entity === null ? '' : `,"entity":${JSON.stringify(entity)}`
  const suffix = addressed + orderSuffix(place)
  const value = Buffer.allocUnsafe(end - 1 + Buffer.byteLength(suffix, 'utf8'))
  value.set(event.subarray(0, end - 1))
  value.write(suffix, end - 1, 'utf8')
  return value
}

const isJsonBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
