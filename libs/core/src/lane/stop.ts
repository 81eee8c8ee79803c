import { wake } from './advance.js'
import type { InputOf } from './protocol.js'
import type { Session } from './session.js'
import type { Turn } from './turn.js'

/**
 * The partition is taken away, or the process shuts down (D14.1): nothing new is filed or attempted. Waits no longer than the lease lasts.
 */
export function stop(turn: Turn): void {
  const { session } = turn
  if (session.phase !== 'running') return
  session.phase = 'stopping'
  wake(turn)
}

/** The lease token is no longer valid (D14.4): drop everything, write nothing. */
export function fenced(turn: Turn): void {
  end(turn, false)
}

/** Memory may differ from what the store holds (D14.5): the session ends instead of guessing. */
export function becomeUnsure(session: Session): void {
  if (session.phase !== 'over') session.phase = 'unsure'
}

/**
 * Emits the present position, for the renewal of the lease (D12.1). After the deadline nothing is saved any more, and the session ends
 * (D12.3).
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
  if (session.phase === 'saving' && input.saveNo >= session.lastSaveNo) end(turn, true)
  return true
}

/**
 * Takes the next step of a session that is ending, once what it waited for, or its lease, is over.
 * Order matters: first attempts end, then the last position is saved, then the lease is released (D14.2).
 */
export function conclude(turn: Turn): void {
  const { session, nowMs } = turn
  if (session.phase !== 'running' && nowMs >= session.deadlineMs) becomeUnsure(session)
  if (session.phase === 'stopping' && isQuiet(session)) {
    session.phase = 'saving'
    savePosition(turn)
    session.lastSaveNo = session.saveNo
  }
  if (session.phase === 'unsure' && session.attemptsInFlight === 0) end(turn, true)
}

function isQuiet(session: Session): boolean {
  const { attemptsInFlight, publishes, writesInFlight, dirty } = session
  return attemptsInFlight === 0 && publishes.size === 0 && writesInFlight === 0 && dirty.size === 0
}

function end({ session, out }: Turn, release: boolean): void {
  session.phase = 'over'
  out.push({ type: 'abandon', release })
}
