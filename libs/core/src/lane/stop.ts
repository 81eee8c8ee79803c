import { wake } from './advance.js'
import type { Effect, InputOf } from './protocol.js'
import type { Session } from './session.js'

/** Taken away or shutting down (D14.1): nothing new is attempted or filed. Waits no longer than the lease lasts. */
export function stop(session: Session, out: Effect[]): void {
  if (session.phase !== 'running') return
  session.phase = 'stopping'
  wake(session, out)
}

/** The lease token is gone (D14.4): drop everything, write nothing. */
export function fenced(session: Session, out: Effect[]): void {
  end(session, false, out)
}

/** Memory may not be what the store holds (D14.5): never guess, end the session. */
export function becomeUnsure(session: Session): void {
  if (session.phase !== 'over') session.phase = 'unsure'
}

/** The position as it stands, for the renewal of the lease (D12.1). After the deadline nothing is saved any more, and the session ends (D12.3). */
export function savePosition(session: Session, nowMs: number, out: Effect[]): void {
  if (session.phase === 'unsure') return
  if (nowMs >= session.deadlineMs) return becomeUnsure(session)
  session.saveNo += 1n
  const { offsets, saveNo } = session
  out.push({ type: 'savePosition', mainOffset: offsets.low, done: offsets.snapshot(), saveNo })
}

/** False: no such save was given out. */
export function positionSaved(session: Session, input: InputOf<'positionSaved'>, out: Effect[]): boolean {
  if (input.saveNo > session.saveNo) return false
  if (session.savedOffset === null || input.mainOffset > session.savedOffset) session.savedOffset = input.mainOffset
  if (session.phase === 'saving' && input.saveNo >= session.lastSaveNo) end(session, true, out)
  return true
}

/** Goes on with ending when what it waited for is over, or the lease. Order matters: attempts end, then the last save, then the release (D14.2). */
export function conclude(session: Session, nowMs: number, out: Effect[]): void {
  if (session.phase !== 'running' && nowMs >= session.deadlineMs) becomeUnsure(session)
  if (session.phase === 'stopping' && isQuiet(session)) {
    session.phase = 'saving'
    savePosition(session, nowMs, out)
    session.lastSaveNo = session.saveNo
  }
  if (session.phase === 'unsure' && session.attemptsInFlight === 0) end(session, true, out)
}

function isQuiet(session: Session): boolean {
  const { attemptsInFlight, publishes, writesInFlight, dirty } = session
  return attemptsInFlight === 0 && publishes.size === 0 && writesInFlight === 0 && dirty.size === 0
}

function end(session: Session, release: boolean, out: Effect[]): void {
  session.phase = 'over'
  out.push({ type: 'abandon', release })
}
