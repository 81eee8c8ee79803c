import { describe, expect, it } from '@jest/globals'
import type { DeliveryPolicy, RetryPolicy } from '@hooklane/contracts/records'
import type { AttemptResult, Disposition } from './attempt-result.js'
import { decideDisposition } from './decide-disposition.js'

const MINUTE = 60_000

const policyOf = (retry: Partial<RetryPolicy>, actions: Partial<DeliveryPolicy> = {}): DeliveryPolicy => ({
  success: '2xx',
  timeoutMs: 15_000,
  retry: { attempts: 10, intervalMs: 6 * MINUTE, jitter: 0, on: 'any', ...retry },
  onRejected: 'deadLetter',
  onUnreachable: 'block',
  ...actions,
})

const rejected: AttemptResult = { kind: 'rejected', status: 422 }
const gone: AttemptResult = { kind: 'gone', status: 410 }
const unreachable: AttemptResult = { kind: 'unreachable', status: 503, code: 'http_503' }
const timedOut: AttemptResult = { kind: 'timedOut' }
const tooLarge: AttemptResult = { kind: 'notSendable', code: 'too_large' }

describe('decideDisposition', () => {
  const decide = (
    result: AttemptResult,
    policy: DeliveryPolicy,
    { attempt = 1, ago = 0, jitter = 0 }: { attempt?: number; ago?: number; jitter?: number } = {},
  ): Disposition => decideDisposition({ result, policy, attempt, firstAttemptAgoMs: ago, jitter })

  const plain = policyOf({})
  const transient = policyOf({ on: 'transient' })

  it.each<[string, AttemptResult, DeliveryPolicy, number, Disposition]>([
    ['an acceptance delivers', { kind: 'accepted', status: 200 }, plain, 1, { kind: 'delivered' }],
    ['an acceptance delivers beyond the schedule', { kind: 'accepted', status: 200 }, plain, 99, { kind: 'delivered' }],
    ['a rejection is retried under `any`', rejected, plain, 1, { kind: 'retry', delayMs: 6 * MINUTE }],
    ['410 is a rejection', gone, plain, 1, { kind: 'retry', delayMs: 6 * MINUTE }],
    ['a rejection ends at once under `transient`', rejected, transient, 1, { kind: 'deadLetter', reason: 'http_422' }],
    ['410 ends at once under `transient`', gone, transient, 1, { kind: 'deadLetter', reason: 'http_410' }],
    ['a timeout is retried under `transient`', timedOut, transient, 1, { kind: 'retry', delayMs: 6 * MINUTE }],
    ['the last rejection goes to onRejected', rejected, plain, 10, { kind: 'deadLetter', reason: 'http_422' }],
    [
      'the last failure goes to onUnreachable',
      unreachable,
      plain,
      10,
      { kind: 'block', delayMs: 6 * MINUTE, reason: 'http_503' },
    ],
    ['a blocked lane stays blocked', timedOut, plain, 50, { kind: 'block', delayMs: 6 * MINUTE, reason: 'timeout' }],
    ['what cannot be sent is not retried', tooLarge, plain, 1, { kind: 'deadLetter', reason: 'too_large' }],
    [
      'drop drops',
      unreachable,
      policyOf({ attempts: 1 }, { onUnreachable: 'drop' }),
      1,
      { kind: 'drop', reason: 'http_503' },
    ],
    [
      'disable blocks',
      rejected,
      policyOf({ attempts: 1 }, { onRejected: 'disable' }),
      1,
      { kind: 'block', delayMs: 6 * MINUTE, reason: 'http_422' },
    ],
    [
      'blocking rests at least a second',
      timedOut,
      policyOf({ attempts: 1, intervalMs: 0 }),
      1,
      { kind: 'block', delayMs: 1_000, reason: 'timeout' },
    ],
    [
      'Retry-After is believed',
      { kind: 'throttled', status: 429, retryAfterMs: 7_000 },
      plain,
      10,
      { kind: 'defer', delayMs: 7_000 },
    ],
    [
      'Retry-After 0 rests a second',
      { kind: 'throttled', status: 429, retryAfterMs: 0 },
      plain,
      1,
      { kind: 'defer', delayMs: 1_000 },
    ],
    [
      'Retry-After is capped at a day',
      { kind: 'throttled', status: 503, retryAfterMs: 9e9 },
      plain,
      1,
      { kind: 'defer', delayMs: 86_400_000 },
    ],
  ])('%s', (_title, result, policy, attempt, expected) => {
    expect(decide(result, policy, { attempt })).toEqual(expected)
  })

  it('starts the attempts of a fixed interval at minutes 0, 6, … 54, however long each takes', () => {
    const starts = [0]
    for (let attempt = 1; attempt < 10; attempt++) {
      const endedAt = (starts.at(-1) ?? 0) + 14_000
      const next = decide(timedOut, plain, { attempt, ago: endedAt })
      starts.push(endedAt + (next.kind === 'retry' ? next.delayMs : Number.NaN))
    }
    expect(starts.map((at) => at / MINUTE)).toEqual([0, 6, 12, 18, 24, 30, 36, 42, 48, 54])
  })

  it('goes on at the next point of the grid after an absence, without a burst', () => {
    expect(decide(timedOut, plain, { attempt: 2, ago: 100 * MINUTE })).toEqual({ kind: 'retry', delayMs: 2 * MINUTE })
  })

  it('backs off by the factor up to the maximum', () => {
    const policy = policyOf({ backoff: { firstMs: 1_000, factor: 3, maxMs: 20_000 } })
    const delays = [1, 2, 3, 4, 9].map((attempt) => decide(timedOut, policy, { attempt }))
    expect(delays.map((d) => (d.kind === 'retry' ? d.delayMs : null))).toEqual([1_000, 3_000, 9_000, 20_000, 20_000])
  })

  it('blocks at the last interval of a backoff', () => {
    const policy = policyOf({ attempts: 4, backoff: { firstMs: 1_000, factor: 3, maxMs: 20_000 } })
    expect(decide(timedOut, policy, { attempt: 4 })).toMatchObject({ kind: 'block', delayMs: 9_000 })
  })

  it('varies a delay by at most its share', () => {
    const backoff = policyOf({ jitter: 0.5, backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000 } })
    expect(decide(timedOut, backoff, { jitter: -1 })).toEqual({ kind: 'retry', delayMs: 500 })
    expect(decide(timedOut, backoff, { jitter: 1 })).toEqual({ kind: 'retry', delayMs: 1_500 })
    expect(decide(timedOut, policyOf({ jitter: 0.1 }), { jitter: 1, ago: 10_000 })).toEqual({
      kind: 'retry',
      delayMs: 6.6 * MINUTE - 10_000,
    })
  })
})
