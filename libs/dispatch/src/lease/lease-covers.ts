import type { Session } from '@hooklane/core/lane'

/** What `leaseCovers` needs to know of a session. */
export interface LeaseHolder {
  readonly over: boolean
  /** The instant (monotonic) at which all requests must have ended, because the lease may end then. */
  readonly deadlineMs: number
  readonly state: { readonly phase: Session['phase'] }
}

/**
 * Whether the session may send a request that ends by `endMs`: it holds the lease, and the lease lasts at least `marginMs` longer than the
 * request. A session that is stopping still holds its lease, because attempts in flight end under it. A session may not send when it has
 * lost its lease, saves its last position, or does not know what the store holds.
 */
export function leaseCovers({ over, deadlineMs, state }: LeaseHolder, endMs: number, marginMs: number): boolean {
  const isOurs = !over && (state.phase === 'running' || state.phase === 'stopping')
  return isOurs && endMs + marginMs <= deadlineMs
}
