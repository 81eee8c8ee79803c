import { endStream } from './end-stream.js'
import { appendGap } from './gaps.js'
import { startFresh, type Lane } from './lane.js'
import type { InputOf, RecordRef } from './protocol.js'
import { saveIfDirty } from './save-lane.js'
import type { Session } from './session.js'
import { setActivity, setMode } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * Decides what an idle lane does with its head: it waits for the next attempt, asks for the head's subscription (`prepare`), or ends the
 * stream. A lane without a head, or in a session that is ending, only saves its row if the row is out of date.
 */
export function advance(turn: Turn, lane: Lane): void {
  const { session, nowMs, out } = turn
  if (lane.activity !== 'idle') return
  const head = lane.queue.peek()
  if (!head || session.phase !== 'running') return saveIfDirty(turn, lane)
  if (head.kind === 'ended') return endStream(turn, lane, head)
  if (lane.holes[0]?.to === head.sequence - 1n) declareHole(session, lane, head)
  if (lane.nextAttemptMs !== null && lane.nextAttemptMs > nowMs) {
    setActivity(session, lane, 'waiting')
    session.timers.add(lane.nextAttemptMs, lane)
    return wake(turn)
  }
  setActivity(session, lane, 'preparing')
  out.push({ type: 'prepare', record: head })
}

/**
 * The app was deleted, so its deliveries are no longer wanted. A waiting head is prepared again at once instead of at its next attempt. A
 * head whose request is in flight, and the deliveries behind it, do not wait either. Always returns true: the input is allowed in every
 * state.
 */
export function appDeleted(turn: Turn, { appId, epoch }: InputOf<'appDeleted'>): true {
  const { session } = turn
  const lane = session.lanes.get(appId)
  const head = lane?.queue.peek()
  // This head belongs to an app that was created again under the same id, and keeps its own schedule.
  if (!lane || (head && head.streamEpoch > epoch)) return true
  lane.deletedEpoch = Math.max(lane.deletedEpoch, epoch)
  lane.nextAttemptMs = null
  if (lane.activity !== 'waiting') return true
  setActivity(session, lane, 'idle')
  advance(turn, lane)
  return true
}

/**
 * Requests a tick (`wakeAt`) for the earliest timer, if no tick is due by then. A session that is ending gets its tick when its lease ends.
 */
export function wake({ session, out }: Turn): void {
  if (session.phase === 'unsure') return
  const atMs = session.phase === 'running' ? session.timers.nextMs() : session.deadlineMs
  if (atMs >= session.wakeMs) return
  session.wakeMs = atMs
  out.push({ type: 'wakeAt', atMs })
}

/**
 * Declares the numbers before the head that never arrived as lost. The attempts counted so far were those of another head, so counting
 * starts over.
 */
function declareHole(session: Session, lane: Lane, head: RecordRef): void {
  const hole = lane.holes.shift()
  if (!hole) return
  const range = hole.from === hole.to ? {} : { to: hole.to }
  lane.gaps = appendGap(lane.gaps, { sequence: hole.from, ...range, id: null, status: 'lost', reason: 'missing' })
  lane.settled = head.sequence - 1n
  setMode(session, lane, 'flow')
  startFresh(lane)
  lane.isDirty = true
  session.dirty.add(lane)
}
