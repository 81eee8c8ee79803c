import type { LaneInput, LeaseToken, Session } from '@hooklane/core/lane'

/** The session of an owned partition, for everything that makes no attempts: it tells the session what happened, and reads its state. */
export interface SessionHandle {
  readonly token: LeaseToken
  /** Until when requests may be in flight (monotonic). */
  readonly deadlineMs: number
  readonly over: boolean
  readonly state: Readonly<Session>
  /** Resolves when the session is over and its lease is released, or releasing it has failed. */
  readonly ended: Promise<void>
  handle(input: LaneInput): void
}
