import type { LaneInput, LeaseToken, Session } from '@hooklane/core/lane'

/** The session of an owned partition, for code that makes no attempts: it passes inputs to the session and reads its state. */
export interface SessionHandle {
  readonly token: LeaseToken
  /** The instant (monotonic) at which all requests must have ended. */
  readonly deadlineMs: number
  readonly over: boolean
  readonly state: Readonly<Session>
  /** Resolves when the session is over and its lease was released, or could not be released. */
  readonly ended: Promise<void>
  handle(input: LaneInput): void
}
