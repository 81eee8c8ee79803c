import type { Effect } from './protocol.js'
import type { Session } from './session.js'

/** The handling of one input. */
export interface Turn {
  readonly session: Session
  /** When the input came, on the monotonic clock. */
  readonly nowMs: number
  /** The effects so far, in the order in which they are carried out. */
  readonly out: Effect[]
}
