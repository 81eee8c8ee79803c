import type { Session } from './session.js'
import type { Turn } from './turn.js'

/** Called when memory may differ from what the store holds (D14.5): the session ends instead of guessing. */
export function becomeUnsure(session: Session): void {
  if (session.phase !== 'over') session.phase = 'unsure'
}

/** Emits the last effect of a session. @param release whether the session's lease is released */
export function endSession({ session, out }: Turn, release: boolean): void {
  session.phase = 'over'
  out.push({ type: 'abandon', release })
}
