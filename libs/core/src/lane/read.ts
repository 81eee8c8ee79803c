import { advance } from './advance.js'
import { plainLane, type Lane } from './lane.js'
import type { Effect, InputOf, LaneRecord } from './protocol.js'
import type { Session } from './session.js'

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

function laneOf(session: Session, record: LaneRecord): Lane {
  const known = session.lanes.get(record.appId)
  if (known) return known
  const lane = plainLane(record)
  session.lanes.set(lane.appId, lane)
  return lane
}

/** True: the record joined the queue. `isNew` is false when the position says that it is done. */
function file(session: Session, lane: Lane, record: LaneRecord, isNew: boolean, out: Effect[]): boolean {
  const { sequence } = record
  const isEnd = record.kind === 'ended'
  const before = isEnd ? sequence : sequence - 1n
  if (lane.lastSeen === null) {
    // Everything below the position was settled, whatever the row remembers of it.
    if (before > lane.settled) lane.settled = before
    lane.lastSeen = lane.settled
  }
  if (before < lane.lastSeen) {
    if (isNew) session.offsets.done(record.offset)
    session.duplicatesSuppressed += 1
    return false
  }
  if (isNew && before > lane.lastSeen) passOver(lane, before, record, out)
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

/** Numbers up to `before` will not come. Behind the end of a stream that is nothing to notice: the next stream begins where it may. */
function passOver(lane: Lane, before: bigint, record: LaneRecord, out: Effect[]): void {
  if (!lane.isBetweenStreams) noteHole(lane, record, out)
  // With a head in hand `settled` is the number before it; an end that is still queued sees to it when it is settled.
  else if (lane.queue.length === 0) lane.settled = before
}

/** Sequences are dense: a number that is passed over will not come any more. Behind the end of a stream nobody is told. */
function noteHole(lane: Lane, { kind, sequence }: LaneRecord, out: Effect[]): void {
  const from = (lane.lastSeen ?? 0n) + 1n
  const to = kind === 'ended' ? sequence : sequence - 1n
  if (kind === 'delivery') lane.holes.push({ from, to })
  const consequence = kind === 'delivery' ? 'the next delivery declares them lost' : 'the app was deleted behind them'
  const detail = `sequences ${from} to ${to} never arrived; ${consequence}`
  out.push({ type: 'alarm', kind: 'gap', appId: lane.appId, detail })
}
