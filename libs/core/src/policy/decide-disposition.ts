import { assertNever } from '../kernel/assert-never.js'
import type { DeliveryPolicy, FailureAction } from '@hooklane/contracts/records'
import type { AttemptResult, Disposition } from './attempt-result.js'
import { lastDelayMs, nextDelayMs } from './retry-schedule.js'

export interface DispositionQuestion {
  readonly result: AttemptResult
  readonly policy: DeliveryPolicy
  /** Number of the attempt that just ended, 1 for the first. Requests that the receiver deferred (`throttled`) are not counted. */
  readonly attempt: number
  /** Milliseconds since the head's first attempt started. */
  readonly firstAttemptAgoMs: number
  /** Random in [-1, 1]. */
  readonly jitter: number
}

/**
 * What becomes of a delivery after an attempt. Total and pure.
 *
 * - The schedule (`nextDelayMs`) says when the next attempt is due.
 * - A receiver's `Retry-After` is respected for at most 24 h, and no attempt is spent.
 * - A delivery that cannot be made into a request would fail in the same way again, so `onRejected` applies at once.
 * - 410 counts as rejected.
 * - The API refuses `disable` when a subscription is saved. If the action appears nevertheless, the lane blocks, so no delivery is lost.
 */
export function decideDisposition(question: DispositionQuestion): Disposition {
  const { result, policy, attempt } = question
  switch (result.kind) {
    case 'accepted':
      return { kind: 'delivered' }
    case 'throttled':
      return { kind: 'defer', delayMs: Math.min(Math.max(result.retryAfterMs, DEFER_MIN_MS), DEFER_MAX_MS) }
    case 'rejected':
    case 'gone':
      if (policy.retry.on === 'any' && attempt < policy.retry.attempts) return retry(question)
      return settleBy(policy.onRejected, question)
    case 'notSendable':
      return settleBy(policy.onRejected, question)
    case 'timedOut':
    case 'unreachable':
      if (attempt < policy.retry.attempts) return retry(question)
      return settleBy(policy.onUnreachable, question)
    default:
      return assertNever(result)
  }
}

/** The reason that the delivery log, dead letters and gaps carry: `http_422`, `timeout`, `dns`, `too_large` … */
export function failureReason(result: AttemptResult): string {
  switch (result.kind) {
    case 'accepted':
    case 'rejected':
    case 'gone':
    case 'throttled':
      return `http_${result.status}`
    case 'timedOut':
      return 'timeout'
    case 'unreachable':
    case 'notSendable':
      return result.code
    default:
      return assertNever(result)
  }
}

/**
 * Minimum deferral. Too low: a receiver that answers `Retry-After: 0` gets the next request without a pause. Too high: a receiver that
 * asked for a short pause waits longer than it asked for.
 */
const DEFER_MIN_MS = 1_000
/** Maximum deferral. Too high: one wrong date in `Retry-After` stops a lane for days. */
const DEFER_MAX_MS = 24 * 3_600_000
/** Minimum pause of a blocked lane. Too low: with retry interval 0, the lane sends requests without a pause. */
const BLOCK_MIN_MS = 1_000

function retry({ policy, attempt, firstAttemptAgoMs, jitter }: DispositionQuestion): Disposition {
  return { kind: 'retry', delayMs: nextDelayMs(policy.retry, { attempt, firstAttemptAgoMs, jitter }) }
}

function settleBy(action: FailureAction, question: DispositionQuestion): Disposition {
  const reason = failureReason(question.result)
  switch (action) {
    case 'deadLetter':
      return { kind: 'deadLetter', reason }
    case 'drop':
      return { kind: 'drop', reason }
    case 'disable':
    case 'block': {
      const delayMs = lastDelayMs(question.policy.retry, question.jitter)
      return { kind: 'block', delayMs: Math.max(BLOCK_MIN_MS, delayMs), reason }
    }
    default:
      return assertNever(action)
  }
}
