import type { DEFAULT_RETRY_INTERVAL_MS, DeliveryPolicy, RetryPolicy } from '@hooklane/contracts/records'
import { growingDelayMs } from '../kernel/backoff/growing-delay.js'

/**
 * The arithmetic of retry schedules, in one place. So the length of a schedule, which is checked when a subscription is saved, agrees with
 * the times of its attempts.
 */

/** How far a delivery is in its retry schedule. */
export interface ScheduleQuestion {
  /** Number of the attempt that just ended, 1 for the first. */
  readonly attempt: number
  /** Milliseconds since the first attempt started. */
  readonly firstAttemptAgoMs: number
  /** Random in [-1, 1]. */
  readonly jitter: number
}

/**
 * Milliseconds from now until the next attempt.
 *
 * - Fixed intervals form a grid that starts with the first attempt: attempt n + 1 is due at `first + n × interval`. If that instant is past
 *   (the process was down, or the receiver deferred the delivery), the attempt is due at the next point of the grid. So the remaining
 *   attempts are not spent in a burst.
 * - With backoff, the delay counts from now: `first × factor^(n − 1)`, at most `max`. Jitter is applied after that.
 */
export function nextDelayMs(retry: RetryPolicy, { attempt, firstAttemptAgoMs, jitter }: ScheduleQuestion): number {
  if (retry.backoff) return varied(plainDelayMs(retry, attempt), retry.jitter * jitter)
  const intervalMs = plainDelayMs(retry, attempt)
  if (intervalMs === 0) return 0
  const point = Math.max(attempt, Math.floor(firstAttemptAgoMs / intervalMs) + 1)
  const delayMs = point * intervalMs - firstAttemptAgoMs + intervalMs * retry.jitter * jitter
  return Math.max(0, Math.round(delayMs))
}

/** Milliseconds between attempts beyond the schedule: its last delay is repeated. @param jitter random in [-1, 1] */
export function lastDelayMs(retry: RetryPolicy, jitter: number): number {
  return varied(plainDelayMs(retry, Math.max(1, retry.attempts - 1)), retry.jitter * jitter)
}

/** Longest time from the start of the first attempt to the end of the last one, in milliseconds, without deferrals by the receiver. */
export function longestScheduleMs({ retry, timeoutMs }: Pick<DeliveryPolicy, 'retry' | 'timeoutMs'>): number {
  let delaysMs = 0
  for (let attempt = 1; attempt < retry.attempts; attempt++) delaysMs += plainDelayMs(retry, attempt)
  return delaysMs * (1 + retry.jitter) + retry.attempts * timeoutMs
}

/** Interval of a policy that sets neither interval nor backoff. The type makes it equal to the number in the contracts. */
const DEFAULT_INTERVAL_MS: typeof DEFAULT_RETRY_INTERVAL_MS = 360_000

/** The delay after an attempt, before jitter. */
function plainDelayMs({ backoff, intervalMs = DEFAULT_INTERVAL_MS }: RetryPolicy, attempt: number): number {
  return backoff ? growingDelayMs(backoff, attempt) : intervalMs
}

const varied = (delayMs: number, share: number): number => Math.max(0, Math.round(delayMs * (1 + share)))
