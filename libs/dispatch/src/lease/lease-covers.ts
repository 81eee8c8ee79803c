import type { Session } from '@hooklane/core/lane'

/** What `leaseCovers` needs to know of a session. */
export interface LeaseHolder {
  readonly over: boolean
  /** Until when requests may be in flight (monotonic). */
  readonly deadlineMs: number
  readonly state: { readonly phase: Session['phase'] }
}

/**
 * Whether the session may send a request that ends by `endMs`: it holds the lease, and the lease lasts at least `marginMs` longer than the
 * request. A session that is stopping still holds its lease, because attempts in flight end under it. One that lost its lease, saves its
 * last position, or does not know what the store holds may not send.
 */
export function leaseCovers({ over, deadlineMs, state }: LeaseHolder, endMs: number, marginMs: number): boolean {
  const isOurs = !over && (state.phase === 'running' || state.phase === 'stopping')
  return isOurs && endMs + marginMs <= deadlineMs
}
