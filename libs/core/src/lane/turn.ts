import type { Effect } from './protocol.js'
import type { Session } from './session.js'

/**
 * The handling of one input. Only the functions that publish an attempt know its `Detail`; for all others it is `never`, and they cannot
 * emit an effect that carries one.
 */
export interface Turn<Detail = never> {
  readonly session: Session
  /** When the input came, on the monotonic clock. */
  readonly nowMs: number
  /** The effects so far, in the order in which they are carried out. */
  readonly out: { readonly push: (effect: Effect<Detail>) => void }
}
