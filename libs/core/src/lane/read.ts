import { advance } from './advance.js'
import { plainLane, type Lane } from './lane.js'
import type { Effect, RecordRef } from './protocol.js'
import type { InputOf, Session } from './session.js'

/** Files what was read from the main partition (D4.1–4.2). Records below the read position were filed before; on the way out nothing is filed. */
export function recordsRead(session: Session, input: InputOf<'recordsRead'>, out: Effect[]): void {
  if (session.phase !== 'running') return
  for (const record of input.records) {
    if (record.offset < session.offsets.next) continue
    const isNew = session.offsets.receive(record.offset)
    const lane = laneOf(session, record)
    if (file(session, lane, record, isNew, out)) advance(session, lane, input.nowMs, out)
  }
  session.offsets.advanceTo(input.endOffset)
}

function laneOf(session: Session, record: RecordRef): Lane {
  const known = session.lanes.get(record.appId)
  if (known) return known
  const lane = plainLane(record)
  session.lanes.set(lane.appId, lane)
  return lane
}

/** True: the record joined the queue. `isNew` is false when the position says that it is done. */
function file(session: Session, lane: Lane, record: RecordRef, isNew: boolean, out: Effect[]): boolean {
  const { sequence } = record
  if (lane.lastSeen === null) {
    // Everything below the position was settled, whatever the row remembers of it.
    if (sequence - 1n > lane.settled) lane.settled = sequence - 1n
    lane.lastSeen = lane.settled
  }
  if (sequence <= lane.lastSeen) {
    if (isNew) session.offsets.done(record.offset)
    session.duplicatesSuppressed += 1
    return false
  }
  if (isNew && sequence > lane.lastSeen + 1n) noteHole(lane, sequence, out)
  lane.lastSeen = sequence
  lane.lastSeenEnd = record.offset + 1n
  if (isNew) {
    lane.queue.push(record)
    session.queuedBytes += record.bytes
    return true
  }
  if (lane.queue.length === 0) {
    lane.settled = sequence
    lane.settledSource = record.source.offset
  }
  return false
}

/** Sequences are dense: a number that is passed over will not come any more. */
function noteHole(lane: Lane, sequence: bigint, out: Effect[]): void {
  const from = (lane.lastSeen ?? 0n) + 1n
  lane.holes.push({ from, to: sequence - 1n })
  const detail = `sequences ${from} to ${sequence - 1n} never arrived; the next delivery declares them lost`
  out.push({ type: 'alarm', kind: 'gap', appId: lane.appId, detail })
}
