import type { Effect } from './protocol.js'
import type { Session } from './session.js'

/**
 * The context in which the lane machine handles one input. Only the functions that publish an attempt know its `Detail`. For all other
 * functions `Detail` is `never`, so they cannot emit an effect that carries a detail.
 */
export interface Turn<Detail = never> {
  readonly session: Session
  /** When the input came, on the monotonic clock. */
  readonly nowMs: number
  /** The effects so far, in the order in which they are carried out. */
  readonly out: { readonly push: (effect: Effect<Detail>) => void }
}
