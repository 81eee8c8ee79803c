import { endStream } from './end-stream.js'
import { appendGap } from './gaps.js'
import { startFresh, type Lane } from './lane.js'
import type { Effect, InputOf, RecordRef } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import { become, enter } from './transitions.js'

/** An idle lane turns to its head: waits for its instant, or has it prepared. Without a head, or on the way out, what is unsaved is saved. */
export function advance(session: Session, lane: Lane, nowMs: number, out: Effect[]): void {
  if (lane.activity !== 'idle') return
  const head = lane.queue.peek()
  if (!head || session.phase !== 'running') return saveIfDirty(session, lane, nowMs, out)
  if (head.kind === 'ended') return endStream(session, lane, head, nowMs, out)
  if (lane.holes[0]?.to === head.sequence - 1n) declareHole(session, lane, head)
  if (lane.nextAttemptMs !== null && lane.nextAttemptMs > nowMs) {
    enter(session, lane, 'waiting')
    session.timers.add(lane.nextAttemptMs, lane)
    return wake(session, out)
  }
  enter(session, lane, 'preparing')
  out.push({ type: 'prepare', record: head })
}

/**
 * The app was deleted: its head, which nobody wants any more, does not wait for its next attempt, nor does what stands behind it, nor a head whose
 * request is still out. True: whatever the lane does, it may hear of it.
 */
export function appDeleted(session: Session, { appId, epoch, nowMs }: InputOf<'appDeleted'>, out: Effect[]): true {
  const lane = session.lanes.get(appId)
  const head = lane?.queue.peek()
  // An app that was made again has a schedule of its own.
  if (!lane || (head && head.streamEpoch > epoch)) return true
  lane.deletedEpoch = Math.max(lane.deletedEpoch, epoch)
  lane.nextAttemptMs = null
  if (lane.activity !== 'waiting') return true
  enter(session, lane, 'idle')
  advance(session, lane, nowMs, out)
  return true
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
  become(session, lane, 'flow')
  startFresh(lane)
  lane.isDirty = true
  session.dirty.add(lane)
}
