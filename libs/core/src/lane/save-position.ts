import { becomeUnsure, endSession } from './end-session.js'
import type { InputOf } from './protocol.js'
import type { Turn } from './turn.js'

/**
 * Emits the present position, which the renewal of the lease saves (D12.1). After the deadline nothing is saved any more, and the session
 * ends (D12.3).
 */
export function savePosition({ session, nowMs, out }: Turn): void {
  if (session.phase === 'unsure') return
  if (nowMs >= session.deadlineMs) return becomeUnsure(session)
  session.saveNo += 1n
  const { offsets, saveNo } = session
  out.push({ type: 'savePosition', mainOffset: offsets.low, done: offsets.snapshot(), saveNo })
}

/** False: no such save was requested. */
export function positionSaved(turn: Turn, input: InputOf<'positionSaved'>): boolean {
  const { session } = turn
  if (input.saveNo > session.saveNo) return false
  if (session.savedOffset === null || input.mainOffset > session.savedOffset) session.savedOffset = input.mainOffset
  if (session.phase === 'saving' && input.saveNo >= session.lastSaveNo) endSession(turn, true)
  return true
}
