import type { Session } from '@hooklane/core/lane'

/** A session, as far as its lease goes. */
export interface LeaseHolder {
  readonly over: boolean
  /** Until when requests may be in flight (monotonic). */
  readonly deadlineMs: number
  readonly state: { readonly phase: Session['phase'] }
}

/**
 * Whether the lease is ours and outlives a request that ends by `endMs` by at least the margin. On the way out it still is: attempts in flight end under
 * it. Not when it is lost, nor when it is unknown what the store holds.
 */
export function leaseCovers({ over, deadlineMs, state }: LeaseHolder, endMs: number, marginMs: number): boolean {
  const isOurs = !over && (state.phase === 'running' || state.phase === 'stopping')
  return isOurs && endMs + marginMs <= deadlineMs
}
