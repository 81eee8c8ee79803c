import { growingDelayMs } from './growing-delay.js'

/** Both in milliseconds. */
export interface BackoffLimits {
  /** Before the first new try. Too low: what is down is hammered. Too high: a passing failure costs that long. */
  readonly firstMs: number
  /** Pauses double up to it. Too low: a flood of equal failures. Too high: what is fixed goes on that much later. */
  readonly maxMs: number
}

/**
 * The growing pause before what failed is tried again. It starts over with success, and only work that could fail and was never done
 * before is a success: a stream that opens, a partition that is acquired or a batch that is written again prove nothing about the place
 * that failed. Where work is repeated up to that place, use `PlacedBackoff`.
 */
export class Backoff {
  private failures = 0

  constructor(private readonly limits: BackoffLimits) {}

  /** A try failed. Returns the milliseconds to wait before the next one. */
  failed(): number {
    this.failures++
    return growingDelayMs({ ...this.limits, factor: 2 }, this.failures)
  }

  /** What failed was done. */
  succeeded(): void {
    this.failures = 0
  }
}

/**
 * A back-off over ordered work that starts again from an earlier place after each failure: a log that is read on from what was
 * confirmed, a partition that is routed on from its commit. What lies before the place that failed is done again each time and succeeds
 * again each time, so the back-off ends with progress past that place alone.
 *
 * Invariant: `place` null ⇔ nothing has failed since the last progress past it. It only grows while the back-off lasts: a failure at an
 * earlier place does not show that the later one was fixed.
 */
export class PlacedBackoff {
  private readonly backoff: Backoff
  private place: bigint | null = null

  constructor(limits: BackoffLimits) {
    this.backoff = new Backoff(limits)
  }

  /** Where it failed last and furthest; null when nothing did, or it was passed. */
  get failedAt(): bigint | null {
    return this.place
  }

  /** The work at `place` failed, or the work somewhere behind it. Returns the milliseconds to wait before the next try. */
  failed(place: bigint): number {
    if (this.place === null || place > this.place) this.place = place
    return this.backoff.failed()
  }

  /** All before `place` is done for good. Returns whether the place that failed is among it (true also when nothing had failed). */
  reached(place: bigint): boolean {
    if (this.place !== null && place <= this.place) return false
    this.forget()
    return true
  }

  /** The place does not exist any more: the log was replaced by another one, or is read up to its end. */
  forget(): void {
    this.place = null
    this.backoff.succeeded()
  }
}
