import { advance, wake } from './advance.js'
import type { Lane } from './lane.js'
import { setActivity } from './transitions.js'
import type { Turn } from './turn.js'

/** The event for which these lanes wait may have happened: each lane becomes idle and tries its head again. */
export function resume(turn: Turn, waiting: Set<Lane>): void {
  const { session } = turn
  if (waiting.size === 0) return
  const lanes = [...waiting]
  waiting.clear()
  for (const lane of lanes) {
    setActivity(session, lane, 'idle')
    advance(turn, lane)
  }
}

/** Resumes the lanes whose instant has come. A tick may come early, so the next one is always requested again. */
export function runTimers(turn: Turn): void {
  const { session, nowMs } = turn
  session.wakeMs = Number.POSITIVE_INFINITY
  if (session.phase !== 'running') return wake(turn)
  for (let lane = session.timers.takeDue(nowMs); lane; lane = session.timers.takeDue(nowMs)) {
    if (lane.activity !== 'waiting' || (lane.nextAttemptMs ?? 0) > nowMs) continue
    setActivity(session, lane, 'idle')
    advance(turn, lane)
  }
  wake(turn)
}
