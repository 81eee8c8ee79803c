import type { DeliveryPolicy } from '@hooklane/contracts/records'
import { parseDuration } from '@hooklane/core/kernel'
import type { StoredDeliveryPolicy } from '@hooklane/postgres'
import { unprocessable } from '../http/problem.js'
import type { WriteDelivery } from './subscription.dto.js'

/** A schedule ends within 72 hours. */
const MAX_SCHEDULE_MS = 72 * 3_600_000

export const DEFAULT_DELIVERY_POLICY: StoredDeliveryPolicy = {
  success: '2xx',
  timeout: 'PT15S',
  retry: { attempts: 10, interval: 'PT6M', jitter: 0, on: 'any' },
  onRejected: 'deadLetter',
  onUnreachable: 'block',
}

/** The policy with the written fields changed. @throws Problem 422 when the fields do not go together */
export function changePolicy(before: StoredDeliveryPolicy, written: WriteDelivery | undefined): StoredDeliveryPolicy {
  const { success, timeout, retry, onRejected, onUnreachable } = written ?? {}
  const policy: StoredDeliveryPolicy = {
    success: success ?? before.success,
    timeout: timeout ?? before.timeout,
    retry: {
      attempts: retry?.attempts ?? before.retry.attempts,
      ...spacing(before.retry, retry),
      jitter: retry?.jitter ?? before.retry.jitter,
      on: retry?.on ?? before.retry.on,
    },
    onRejected: onRejected ?? before.onRejected,
    onUnreachable: onUnreachable ?? before.onUnreachable,
  }
  refuseLongSchedule(policy)
  return policy
}

/** `interval` and `backoff` take each other's place. */
function spacing(
  before: StoredDeliveryPolicy['retry'],
  written: WriteDelivery['retry'],
): Pick<StoredDeliveryPolicy['retry'], 'interval' | 'backoff'> {
  if (written?.interval !== undefined && written.backoff !== undefined) {
    const message = 'is one of interval and backoff, not both'
    throw unprocessable({ path: 'delivery.retry', code: 'INTERVAL_OR_BACKOFF', message })
  }
  if (written?.interval !== undefined) return { interval: written.interval }
  if (written?.backoff) {
    const { first, factor, max } = written.backoff
    if (milliseconds(max) >= milliseconds(first)) return { backoff: { first, factor, max } }
    throw unprocessable({ path: 'delivery.retry.backoff', code: 'BACKOFF_ORDER', message: 'first must not exceed max' })
  }
  return before.backoff ? { backoff: before.backoff } : { interval: before.interval ?? 'PT6M' }
}

function refuseLongSchedule(policy: StoredDeliveryPolicy): void {
  if (scheduleLengthMs(toPolicyConfiguration(policy)) <= MAX_SCHEDULE_MS) return
  const message = 'the schedule must end within 72 hours: fewer attempts or shorter delays'
  throw unprocessable({ path: 'delivery.retry', code: 'SCHEDULE_TOO_LONG', message })
}

/** Longest time from the start of the first attempt to the end of the last one. */
export function scheduleLengthMs({ retry, timeoutMs }: DeliveryPolicy): number {
  let delaysMs = 0
  for (let attempt = 1; attempt < retry.attempts; attempt++) {
    const { intervalMs = 0, backoff } = retry
    delaysMs += backoff ? Math.min(backoff.firstMs * backoff.factor ** (attempt - 1), backoff.maxMs) : intervalMs
  }
  return delaysMs * (1 + retry.jitter) + retry.attempts * timeoutMs
}

/** As the delivery path is told. */
export function toPolicyConfiguration(policy: StoredDeliveryPolicy): DeliveryPolicy {
  const { attempts, interval, backoff, jitter, on } = policy.retry
  return {
    success: policy.success,
    timeoutMs: milliseconds(policy.timeout),
    retry: {
      attempts,
      ...(interval === undefined ? {} : { intervalMs: milliseconds(interval) }),
      ...(backoff === undefined
        ? {}
        : {
            backoff: { firstMs: milliseconds(backoff.first), factor: backoff.factor, maxMs: milliseconds(backoff.max) },
          }),
      jitter,
      on,
    },
    onRejected: policy.onRejected,
    onUnreachable: policy.onUnreachable,
  }
}

function milliseconds(duration: string): number {
  const ms = parseDuration(duration)
  if (ms === null) throw new Error(`a stored duration cannot be read: ${duration}`)
  return ms
}
