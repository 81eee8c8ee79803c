import type { EntityEvent } from '@hooklane/contracts/public'
import { jsonByteLength } from './json-byte-length.js'
import { OmittableParts } from './omittable-parts.js'

/** Maximum bytes of JSON of an event on the topic, as the record schema allows. */
export const DEFAULT_MAX_EVENT_BYTES = 512 * 1024

/** Bytes of `,"omitted":[]`. */
const OMITTED_BYTES = 13

/**
 * Returns the event itself if it fits. Otherwise values of `data` and `changes` are left out, the largest first, until the event fits.
 *
 * - An object is left out as a whole. But if one member makes up at least half of the object, only that member is left out.
 * - `revision.omitted` lists the paths, each once, in the order in which they were left out. A change whose value was left out keeps `op`
 *   and `path`.
 * - `stateHash` remains the hash of the complete state.
 * - An event that is too large even without values (it has thousands of long column names) loses all values and paths: `data` is `{}`,
 *   `changed` and `changes` are empty, and `omitted` is `[""]`.
 *
 * The time grows with the size of the event, not with the number of values that are left out.
 */
export function limitEventSize(event: EntityEvent, maxBytes: number = DEFAULT_MAX_EVENT_BYTES): EntityEvent {
  const bytes = jsonByteLength(event)
  if (bytes <= maxBytes || event.revision === null) return event
  const parts = new OmittableParts(event)
  const omitted = new Set<string>()
  let excess = bytes + OMITTED_BYTES - maxBytes
  while (excess > 0) {
    const omission = parts.leaveOutLargest()
    if (!omission) return bareEvent(event)
    const cost = omitted.has(omission.pointer) ? 0 : jsonByteLength(omission.pointer) + (omitted.size > 0 ? 1 : 0)
    if (omission.bytes <= cost) return bareEvent(event)
    omitted.add(omission.pointer)
    excess -= omission.bytes - cost
  }
  return parts.rest([...omitted])
}

/** The event without values, changes and paths, for an event whose paths alone are too large. */
const bareEvent = (event: EntityEvent): EntityEvent =>
  event.revision
    ? { ...event, revision: { ...event.revision, changed: [], changes: [], omitted: [''] }, data: {} }
    : event
