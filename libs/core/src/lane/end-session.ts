import type { Session } from './session.js'
import type { Turn } from './turn.js'

/** Memory may differ from what the store holds (D14.5): the session ends instead of guessing. */
export function becomeUnsure(session: Session): void {
  if (session.phase !== 'over') session.phase = 'unsure'
}

/** The last effect of a session. @param release whether its lease is given back */
export function endSession({ session, out }: Turn, release: boolean): void {
  session.phase = 'over'
  out.push({ type: 'abandon', release })
}
