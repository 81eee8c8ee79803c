import { describe, expect, it } from '@jest/globals'
import {
  DEFAULT_DELIVERY_POLICY,
  DEFAULT_RETRY_INTERVAL_MS,
  DELIVERY_POLICY_LIMITS,
  type RetryPolicy,
} from '@hooklane/contracts/records'
import fc from 'fast-check'
import { parseDuration } from '../kernel/time/duration.js'
import { lastDelayMs, longestScheduleMs, nextDelayMs } from './retry-schedule.js'

const { attempts, delayMs, factor, jitter, timeoutMs } = DELIVERY_POLICY_LIMITS
const delays = fc.integer(delayMs)

const spacings: fc.Arbitrary<Pick<RetryPolicy, 'intervalMs' | 'backoff'>> = fc.oneof(
  delays.map((intervalMs) => ({ intervalMs })),
  fc
    .record({ a: delays, b: delays, factor: fc.double({ ...factor, noNaN: true }) })
    .map(({ a, b, factor }) => ({ backoff: { firstMs: Math.min(a, b), factor, maxMs: Math.max(a, b) } })),
)
const retries: fc.Arbitrary<RetryPolicy> = fc
  .record({ spacing: spacings, attempts: fc.integer(attempts), jitter: fc.double({ ...jitter, noNaN: true }) })
  .map(({ spacing, ...rest }) => ({ ...spacing, ...rest, on: 'any' as const }))

/** Milliseconds from the start of the first attempt to the end of the last, each taking `lastsMs(n)`, its delay varied by `jitterOf(n)`. */
function played(retry: RetryPolicy, lastsMs: (attempt: number) => number, jitterOf: (attempt: number) => number) {
  let nowMs = lastsMs(1)
  for (let attempt = 1; attempt < retry.attempts; attempt++) {
    nowMs += nextDelayMs(retry, { attempt, firstAttemptAgoMs: nowMs, jitter: jitterOf(attempt) })
    nowMs += lastsMs(attempt + 1)
  }
  return nowMs
}

describe('retry schedules', () => {
  it('the longest duration of a schedule is never exceeded, however long attempts take and delays are varied', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: attempts.max,
      maxLength: attempts.max,
    })
    fc.assert(
      fc.property(retries, fc.integer(timeoutMs), shares, shares, (retry, timeoutMs, lasting, varying) => {
        const lastMs = played(
          retry,
          (attempt) => lasting[attempt - 1]! * timeoutMs,
          (attempt) => varying[attempt - 1]! * 2 - 1,
        )
        // Each delay is rounded to a whole millisecond.
        expect(lastMs).toBeLessThanOrEqual(longestScheduleMs({ retry, timeoutMs }) + retry.attempts)
      }),
    )
  })

  it('a backoff whose attempts time out and whose delays are varied upwards lasts as long as that', () => {
    const growing = retries.filter(({ backoff }) => backoff !== undefined)
    fc.assert(
      fc.property(growing, fc.integer(timeoutMs), (retry, timeoutMs) => {
        const lastMs = played(
          retry,
          () => timeoutMs,
          () => 1,
        )
        expect(Math.abs(lastMs - longestScheduleMs({ retry, timeoutMs }))).toBeLessThanOrEqual(retry.attempts)
      }),
    )
  })

  it('beyond the schedule its last delay goes on', () => {
    fc.assert(
      fc.property(retries, fc.double({ min: -1, max: 1, noNaN: true }), (retry, jitter) => {
        const attempt = Math.max(1, retry.attempts - 1)
        // Where the attempts of a grid take no time, the next point is one interval away.
        const firstAttemptAgoMs = (attempt - 1) * (retry.intervalMs ?? 0)
        const delayMs = nextDelayMs(retry, { attempt, firstAttemptAgoMs, jitter })
        expect(Math.abs(lastDelayMs(retry, jitter) - delayMs)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('a policy that names neither interval nor backoff has the default interval', () => {
    const retry: RetryPolicy = { attempts: 3, jitter: 0, on: 'any' }
    expect(nextDelayMs(retry, { attempt: 1, firstAttemptAgoMs: 0, jitter: 0 })).toBe(DEFAULT_RETRY_INTERVAL_MS)
    expect(longestScheduleMs({ retry, timeoutMs: 1_000 })).toBe(2 * DEFAULT_RETRY_INTERVAL_MS + 3_000)
    expect(parseDuration(DEFAULT_DELIVERY_POLICY.retry.interval)).toBe(DEFAULT_RETRY_INTERVAL_MS)
  })
})
