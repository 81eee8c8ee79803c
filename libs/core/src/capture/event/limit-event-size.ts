import type { Change, EntityEvent, JsonObject, JsonValue } from '@hooklane/contracts'
import { isJsonObject, memberOf, without, withMember } from './json-objects.js'
import { childPointer, pointerSegments } from './json-pointer.js'

/** Bytes of JSON that an event may have on the topic; the record schema's limit. */
export const DEFAULT_MAX_EVENT_BYTES = 512 * 1024

/** A value that may be left out. */
interface Candidate {
  readonly pointer: string
  readonly value: JsonValue
  /** What leaving it out saves, name and punctuation included. */
  readonly bytes: number
  readonly place:
    { readonly in: 'data' } | { readonly in: 'changes'; readonly index: number; readonly side: 'before' | 'after' }
}

/**
 * The event itself when it fits, otherwise without the largest values of `data` and `changes`, largest first, until it does. An object
 * goes as a whole unless one of its members makes up most of it; then that member goes. `revision.omitted` lists the paths, each once,
 * in the order in which they went; a change whose value went keeps `op` and `path`. `stateHash` stays that of the whole state.
 * An event whose bare structure is too large (thousands of long column names) keeps its identity and the paths nowhere: `omitted` is `[""]`.
 */
export function limitEventSize(event: EntityEvent, maxBytes: number = DEFAULT_MAX_EVENT_BYTES): EntityEvent {
  let bytes = byteLength(event)
  if (bytes <= maxBytes || event.revision === null) return event
  bytes += byteLength({ omitted: [] })
  const candidates = candidatesOf(event)
  const omitted = new Set<string>()
  let limited = event
  while (bytes > maxBytes) {
    const largest = takeLargest(candidates)
    if (!largest) return bareEvent(event)
    const cost = omitted.has(largest.pointer) ? 0 : byteLength(largest.pointer) + 1
    if (largest.bytes <= cost) return bareEvent(event)
    omitted.add(largest.pointer)
    limited = leaveOut(limited, largest)
    bytes -= largest.bytes - cost
    // The running figure may be off by a comma or two: only the serialised form decides.
    if (bytes <= maxBytes) {
      limited = withOmitted(limited, [...omitted])
      bytes = byteLength(limited)
    }
  }
  return limited
}

function candidatesOf(event: EntityEvent): Candidate[] {
  const candidates: Candidate[] = []
  for (const [name, value] of Object.entries(event.data ?? {})) {
    candidates.push(memberCandidate('', name, value))
  }
  for (const [index, change] of (event.revision?.changes ?? []).entries()) {
    for (const side of ['before', 'after'] as const) {
      const value = change[side]
      if (value === undefined) continue
      const bytes = byteLength({ [side]: value })
      candidates.push({ pointer: change.path, value, bytes, place: { in: 'changes', index, side } })
    }
  }
  return candidates.sort((a, b) => a.bytes - b.bytes)
}

const memberCandidate = (parent: string, name: string, value: JsonValue): Candidate => ({
  pointer: childPointer(parent, name),
  value,
  bytes: byteLength(name) + byteLength(value) + 2,
  place: { in: 'data' },
})

/** Takes the largest candidate out; steps into an object of `data` as long as one member makes up most of it. */
function takeLargest(ascending: Candidate[]): Candidate | undefined {
  let largest = ascending.pop()
  while (largest?.place.in === 'data' && isJsonObject(largest.value)) {
    const { pointer, value } = largest
    const members = Object.entries(value).map(([name, member]) => memberCandidate(pointer, name, member))
    members.sort((a, b) => a.bytes - b.bytes)
    const main = members.pop()
    if (!main || main.bytes * 2 < largest.bytes) return largest
    largest = main
    const rest = members.filter((member) => member.bytes > member.pointer.length)
    ascending.push(...rest)
    ascending.sort((a, b) => a.bytes - b.bytes)
  }
  return largest
}

function leaveOut(event: EntityEvent, candidate: Candidate): EntityEvent {
  const { revision, data } = event
  const { place } = candidate
  if (place.in === 'data') {
    return data ? { ...event, data: withoutPath(data, pointerSegments(candidate.pointer)) } : event
  }
  if (!revision) return event
  const changes = [...(revision.changes ?? [])]
  const change = changes[place.index]
  if (change) changes[place.index] = withoutSide(change, place.side)
  return { ...event, revision: { ...revision, changes } }
}

function withoutSide(change: Change, side: 'before' | 'after'): Change {
  const { before, after, ...rest } = change
  if (side === 'before') return after === undefined ? rest : { ...rest, after }
  return before === undefined ? rest : { ...rest, before }
}

function withoutPath(object: JsonObject, [name, ...deeper]: readonly string[]): JsonObject {
  if (name === undefined) return object
  if (deeper.length === 0) return without(object, name)
  const member = memberOf(object, name)
  return isJsonObject(member) ? withMember(object, name, withoutPath(member, deeper)) : object
}

const withOmitted = (event: EntityEvent, omitted: string[]): EntityEvent =>
  event.revision ? { ...event, revision: { ...event.revision, omitted } } : event

/** What is left when even paths are too many: who, what and when. */
const bareEvent = (event: EntityEvent): EntityEvent =>
  event.revision
    ? { ...event, revision: { ...event.revision, changed: [], changes: [], omitted: [''] }, data: {} }
    : event

const byteLength = (value: unknown): number => Buffer.byteLength(JSON.stringify(value), 'utf8')
