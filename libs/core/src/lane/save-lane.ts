import type { Lane } from './lane.js'
import type { InputOf, LaneRow } from './protocol.js'
import type { Session } from './session.js'
import { acknowledge } from './settlements.js'
import { setActivity } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * Brings the row of a lane up to date. The row is saved at once if possible. Otherwise it is saved later: after the write in flight, after
 * the missing acknowledgements, or when the store is up again.
 */
export function saveLane(turn: Turn, lane: Lane): void {
  const { session } = turn
  lane.isDirty = true
  session.dirty.add(lane)
  saveIfDirty(turn, lane)
}

/**
 * Saves the row of a lane that is dirty. A lane has one write in flight at a time, because an earlier write must not overtake a later one.
 * The log must have acknowledged every record of the lane first: a new owner treats what the row calls settled as done and publishes
 * nothing about it (D5.5).
 */
export function saveIfDirty({ session, nowMs, out }: Turn, lane: Lane): void {
  if (!lane.isDirty || lane.write || lane.unacknowledged > 0 || !session.isStoreUp) return
  if (session.phase !== 'running' && session.phase !== 'stopping') return
  lane.isDirty = false
  session.dirty.delete(lane)
  lane.inWrite = lane.unsaved
  lane.unsaved = []
  lane.hasRow = true
  session.withRow.add(lane)
  const saveId = ++session.lastSaveId
  lane.write = { saveId, kind: 'save' }
  session.writesInFlight += 1
  out.push({ type: 'saveLane', saveId, row: rowOf(session, lane, nowMs), endedEpoch: lane.endedEpoch })
  lane.endedEpoch = null
}

/** The row was saved. Returns its lane, or null when no such save is in flight. */
export function laneSaved(session: Session, input: InputOf<'laneSaved' | 'laneDeleted'>): Lane | null {
  const lane = session.lanes.get(input.appId)
  if (lane?.write?.kind !== 'save' || lane.write.saveId !== input.saveId) return null
  lane.write = null
  session.writesInFlight -= 1
  for (const settlement of lane.inWrite) acknowledge(session, settlement)
  lane.inWrite = []
  if (lane.activity === 'saving' && !lane.isDirty) setActivity(session, lane, 'idle')
  return lane
}

/**
 * Builds the lane's row. Its floor is the head's offset or, when the queue is empty, the offset after the lane's last record. Every record
 * that `settled` covers lies below the floor. Every record that must be read again lies at or above it.
 */
function rowOf(session: Session, lane: Lane, nowMs: number): LaneRow {
  const head = lane.queue.peek()
  const floorOffset = head ? head.offset : lane.lastSeenEnd
  if (floorOffset > lane.floorOffset) lane.floorOffset = floorOffset
  const isParked = lane.mode === 'parked'
  return {
    workerGroup: session.workerGroup,
    partition: session.partition,
    appId: lane.appId,
    companyId: lane.companyId,
    mode: lane.mode,
    reason: isParked ? 'failing' : null,
    settled: lane.settled,
    settledSource: lane.settledSource,
    floorOffset: lane.floorOffset,
    attempt: lane.attempt,
    firstAttemptAgoMs: lane.firstAttemptMs === null ? null : Math.max(0, nowMs - lane.firstAttemptMs),
    nextAttemptInMs: isParked && lane.nextAttemptMs !== null ? Math.max(0, lane.nextAttemptMs - nowMs) : null,
    lastError: lane.lastError,
    gaps: lane.gaps,
    routeVersion: head?.kind === 'delivery' ? head.routeVersion : lane.routeVersion,
  }
}
