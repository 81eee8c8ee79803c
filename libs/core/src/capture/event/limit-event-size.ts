import type { EntityEvent } from '@hooklane/contracts/public'
import { jsonByteLength } from './json-byte-length.js'
import { OmittableParts } from './omittable-parts.js'

/** Bytes of JSON that an event may have on the topic; the record schema's limit. */
export const DEFAULT_MAX_EVENT_BYTES = 512 * 1024

/** `,"omitted":[]` */
const OMITTED_BYTES = 13

/**
 * The event itself when it fits, otherwise without the largest values of `data` and `changes`, largest first, until it does. An object
 * goes as a whole unless one of its members makes up most of it; then that member goes. `revision.omitted` lists the paths, each once,
 * in the order in which they went; a change whose value went keeps `op` and `path`. `stateHash` stays that of the whole state.
 * An event whose bare structure is too large (thousands of long column names) keeps its identity and the paths nowhere: `omitted` is `[""]`.
 * Takes time that grows with the event, however many values have to go.
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

/** What is left when even paths are too many: who, what and when. */
const bareEvent = (event: EntityEvent): EntityEvent =>
  event.revision
    ? { ...event, revision: { ...event.revision, changed: [], changes: [], omitted: [''] }, data: {} }
    : event
