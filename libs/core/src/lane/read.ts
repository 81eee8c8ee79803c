import { advance } from './advance.js'
import { plainLane, type Lane } from './lane.js'
import type { InputOf, LaneRecord } from './protocol.js'
import type { Session } from './session.js'
import type { Turn } from './turn.js'

/**
 * Files the records that were read from the main partition in their lanes (D4.1–4.2). Skips records below the next offset, because they
 * were filed before. A session that is ending files nothing.
 */
export function recordsRead(turn: Turn, input: InputOf<'recordsRead'>): void {
  const { session } = turn
  if (session.phase !== 'running') return
  for (const record of input.records) {
    if (record.offset < session.offsets.next) continue
    const lane = laneOf(session, record)
    if (file(turn, lane, record)) advance(turn, lane)
  }
  session.offsets.advanceTo(input.endOffset)
}

function laneOf(session: Session, record: LaneRecord): Lane {
  const known = session.lanes.get(record.appId)
  if (known) return known
  const lane = plainLane(record)
  session.lanes.set(lane.appId, lane)
  return lane
}

/** Returns whether the record joined the queue. A record that is already done, according to the position or its bitmap, does not join. */
function file({ session, out }: Turn, lane: Lane, record: LaneRecord): boolean {
  const isNew = session.offsets.receive(record.offset)
  const { sequence } = record
  const isEnd = record.kind === 'ended'
  const before = numberBefore(record)
  if (lane.lastSeen === null) {
    // Everything below the position is settled, even where the row does not say so.
    if (before > lane.settled) lane.settled = before
    lane.lastSeen = lane.settled
  }
  if (before < lane.lastSeen) {
    if (isNew) session.offsets.done(record.offset)
    session.duplicatesSuppressed += 1
    return false
  }
  if (isNew && before > lane.lastSeen) passOver(lane, record, out)
  lane.lastSeen = sequence
  lane.lastSeenEnd = record.offset + 1n
  lane.isBetweenStreams = isEnd
  if (isNew) {
    lane.queue.push(record)
    if (!isEnd) session.queuedBytes += record.bytes
    return true
  }
  if (lane.queue.length === 0) {
    lane.settled = sequence
    if (!isEnd) lane.settledSource = record.source.offset
  }
  return false
}

/** The last number that has to come before the record. The end of a stream has the number of its last delivery. */
const numberBefore = ({ kind, sequence }: LaneRecord): bigint => (kind === 'ended' ? sequence : sequence - 1n)

/** The numbers before the record will not arrive. Between two streams that is no hole: the next stream starts at any number. */
function passOver(lane: Lane, record: LaneRecord, out: Turn['out']): void {
  if (!lane.isBetweenStreams) noteHole(lane, record, out)
  // If the lane has a head, `settled` stays the number before that head. It moves up when the queued end of the stream is settled.
  else if (lane.queue.length === 0) lane.settled = numberBefore(record)
}

/**
 * Notes numbers that were passed over. The router numbers deliveries without holes, so these will never arrive. If the end of the stream
 * comes next, no delivery reports them to the receiver.
 */
function noteHole(lane: Lane, record: LaneRecord, out: Turn['out']): void {
  const { kind } = record
  const from = (lane.lastSeen ?? 0n) + 1n
  const to = numberBefore(record)
  if (kind === 'delivery') lane.holes.push({ from, to })
  const consequence =
    kind === 'delivery' ? 'the next delivery declares them lost' : 'the app was deleted, so no delivery reports them'
  const detail = `sequences ${from} to ${to} never arrived; ${consequence}`
  out.push({ type: 'alarm', kind: 'hole', appId: lane.appId, detail })
}
