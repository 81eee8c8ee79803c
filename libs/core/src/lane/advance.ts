import { appendGap } from './gaps.js'
import { startFresh, type Lane } from './lane.js'
import type { Effect, RecordRef } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'

/** An idle lane turns to its head: waits for its instant, or has it prepared. Without a head, or on the way out, what is unsaved is saved. */
export function advance(session: Session, lane: Lane, nowMs: number, out: Effect[]): void {
  if (lane.activity !== 'idle') return
  const head = lane.queue.peek()
  if (!head || session.phase !== 'running') return saveIfDirty(session, lane, nowMs, out)
  if (lane.holes[0]?.to === head.sequence - 1n) declareHole(session, lane, head)
  if (lane.nextAttemptMs !== null && lane.nextAttemptMs > nowMs) {
    lane.activity = 'waiting'
    session.timers.add(lane.nextAttemptMs, lane)
    return wake(session, out)
  }
  lane.activity = 'preparing'
  out.push({ type: 'prepare', record: head })
}

/** Asks for a tick at the earliest instant, unless one is on its way by then. A session on its way out is looked at again when its lease ends. */
export function wake(session: Session, out: Effect[]): void {
  if (session.phase === 'unsure') return
  const atMs = session.phase === 'running' ? session.timers.nextMs() : session.deadlineMs
  if (atMs >= session.wakeMs) return
  session.wakeMs = atMs
  out.push({ type: 'wakeAt', atMs })
}

/** Numbers that never arrived are declared to the receiver as lost; attempts that the row counts were another head's. */
function declareHole(session: Session, lane: Lane, head: RecordRef): void {
  const hole = lane.holes.shift()
  if (!hole) return
  const range = hole.from === hole.to ? {} : { to: hole.to }
  lane.gaps = appendGap(lane.gaps, { sequence: hole.from, ...range, id: null, status: 'lost', reason: 'missing' })
  lane.settled = head.sequence - 1n
  lane.mode = 'flow'
  startFresh(lane)
  lane.isDirty = true
  session.dirty.add(lane)
}
