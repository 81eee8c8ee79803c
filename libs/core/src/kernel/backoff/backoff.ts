import { growingDelayMs } from './growing-delay.js'

export interface BackoffLimits {
  /**
   * Pause before the first retry. Too low: a server that is down is flooded. Too high: work stands still that long after a brief failure.
   */
  readonly firstMs: number
  /** Maximum pause; pauses double up to it. Too low: a flood of equal failures. Too high: after a fix, work resumes that much later. */
  readonly maxMs: number
}

/**
 * A growing pause before failed work is tried again. A success resets the pause. Report a success only when the work that failed was done:
 * opening a stream, acquiring a partition or writing an earlier batch again does not show that the failed work succeeds now. If work is
 * repeated from an earlier place after a failure, use `PositionBackoff`.
 */
export class Backoff {
  private failures = 0

  constructor(private readonly limits: BackoffLimits) {}

  /** A try failed. Returns the milliseconds to wait before the next one. */
  failed(): number {
    this.failures++
    return growingDelayMs({ ...this.limits, factor: 2 }, this.failures)
  }

  /** The work that failed was done. */
  succeeded(): void {
    this.failures = 0
  }
}

/**
 * A back-off for ordered work that starts again from an earlier place after each failure: a log that is read again from the last confirmed
 * position, a partition that is routed again from its commit. The work before the failed place is repeated and succeeds each time, so only
 * progress past that place ends the back-off.
 *
 * Invariant: `place` is the furthest place that failed, and null when none failed or when work has passed it. While the back-off lasts,
 * `place` only grows, because a failure at an earlier place does not show that the later place was fixed.
 */
export class PositionBackoff {
  private readonly backoff: Backoff
  private place: bigint | null = null

  constructor(limits: BackoffLimits) {
    this.backoff = new Backoff(limits)
  }

  /** The furthest place that failed; null when none did, or work has passed it. */
  get failedAt(): bigint | null {
    return this.place
  }

  /** Work at `place` or somewhere after it failed. Returns the milliseconds to wait before the next try. */
  failed(place: bigint): number {
    if (this.place === null || place > this.place) this.place = place
    return this.backoff.failed()
  }

  /** All work before `place` is done for good. Returns whether that includes the place that failed (true also when nothing had failed). */
  reached(place: bigint): boolean {
    if (this.place !== null && place <= this.place) return false
    this.forget()
    return true
  }

  /** The failed place does not exist any more: the log was replaced by another one, or was read up to its end. */
  forget(): void {
    this.place = null
    this.backoff.succeeded()
  }
}
