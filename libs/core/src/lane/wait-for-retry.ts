import { failureReason } from '../policy/decide-disposition.js'
import { saveLane } from './save-lane.js'
import { publishAttempt, type EndedAttempt } from './settle.js'
import { setActivity, setMode } from './transitions.js'
import type { Turn } from './turn.js'

/**
 * The head failed and is tried again after `delayMs`. A short wait of a lane in flow stays in memory. Any other wait is saved in the row
 * before its timer starts, so that the schedule survives this process (D5.4, D9.4, D15). The head stays first; everything behind it waits.
 */
export function waitForRetry<Detail>(turn: Turn<Detail>, ended: EndedAttempt<Detail>, delayMs: number): void {
  const { session, nowMs } = turn
  const { lane, input, disposition } = ended
  if (disposition.kind !== 'defer') {
    lane.attempt += 1
    lane.firstAttemptMs ??= input.startedMs
  }
  lane.lastError = failureReason(input.result)
  // The app was deleted meanwhile: the head does not wait, but is prepared again at once and settled.
  if ((lane.queue.peek()?.streamEpoch ?? 0) <= lane.deletedEpoch) return publishAttempt(turn, ended, null)
  lane.nextAttemptMs = nowMs + delayMs
  publishAttempt(turn, ended, null)
  if (lane.mode === 'flow' && delayMs <= session.settings.inlineWindowMs) return
  setMode(session, lane, 'parked')
  setActivity(session, lane, 'saving')
  saveLane(turn, lane)
}
