import { wake } from './advance.js'
import { becomeUnsure, endSession } from './end-session.js'
import { savePosition } from './save-position.js'
import type { Session } from './session.js'
import type { Turn } from './turn.js'

/**
 * The partition is taken away, or the process shuts down (D14.1): nothing new is filed or attempted. The session waits for its work in
 * flight, but no longer than its lease lasts.
 */
export function stop(turn: Turn): void {
  const { session } = turn
  if (session.phase !== 'running') return
  session.phase = 'stopping'
  wake(turn)
}

/** The lease token is no longer valid (D14.4): drop everything, write nothing. */
export function fenced(turn: Turn): void {
  endSession(turn, false)
}

/**
 * Takes the next step of a session that is ending, when its work in flight has ended or its lease is over. Order matters: first attempts
 * end, then the last position is saved, then the lease is released (D14.2).
 */
export function conclude(turn: Turn): void {
  const { session, nowMs } = turn
  if (session.phase !== 'running' && nowMs >= session.deadlineMs) becomeUnsure(session)
  if (session.phase === 'stopping' && isQuiet(session)) {
    session.phase = 'saving'
    savePosition(turn)
    session.lastSaveNo = session.saveNo
  }
  if (session.phase === 'unsure' && session.attemptsInFlight === 0) endSession(turn, true)
}

function isQuiet(session: Session): boolean {
  const { attemptsInFlight, publishes, writesInFlight, dirty } = session
  return attemptsInFlight === 0 && publishes.size === 0 && writesInFlight === 0 && dirty.size === 0
}
