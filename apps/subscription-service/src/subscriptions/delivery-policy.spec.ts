import { describe, expect, it } from '@jest/globals'
import { Problem } from '../http/problem.js'
import { changePolicy, DEFAULT_DELIVERY_POLICY, scheduleLengthMs, toPolicyConfiguration } from './delivery-policy.js'

const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
  return 'accepted'
}

describe('delivery policies', () => {
  it('what is not written stays', () => {
    const changed = changePolicy(DEFAULT_DELIVERY_POLICY, { retry: { attempts: 3 } })
    expect(changed).toEqual({ ...DEFAULT_DELIVERY_POLICY, retry: { ...DEFAULT_DELIVERY_POLICY.retry, attempts: 3 } })
  })

  it('a backoff takes the place of an interval, and the other way round', () => {
    const backoff = { first: 'PT1S', factor: 2, max: 'PT1M' }
    const withBackoff = changePolicy(DEFAULT_DELIVERY_POLICY, { retry: { backoff } })
    expect(withBackoff.retry).toEqual({ attempts: 10, backoff, jitter: 0, on: 'any' })
    expect(changePolicy(withBackoff, { retry: { interval: 'PT5S' } }).retry.backoff).toBeUndefined()
    expect(changePolicy(withBackoff, { retry: { attempts: 2 } }).retry.backoff).toEqual(backoff)
    expect(codeOf(() => changePolicy(DEFAULT_DELIVERY_POLICY, { retry: { backoff, interval: 'PT1S' } }))).toBe(
      'INTERVAL_OR_BACKOFF',
    )
  })

  it.each([
    [{ attempts: 12, interval: 'PT6H', jitter: 0 }, 'accepted'],
    [{ attempts: 13, interval: 'PT6H', jitter: 0 }, 'SCHEDULE_TOO_LONG'],
    [{ attempts: 12, interval: 'PT6H', jitter: 0.5 }, 'SCHEDULE_TOO_LONG'],
    [{ attempts: 100, backoff: { first: 'PT1S', factor: 10, max: 'PT1H' } }, 'SCHEDULE_TOO_LONG'],
    [{ attempts: 60, backoff: { first: 'PT1S', factor: 10, max: 'PT1H' } }, 'accepted'],
  ])('a schedule of %j is %s: it ends within 72 hours', (retry, code) => {
    expect(codeOf(() => changePolicy(DEFAULT_DELIVERY_POLICY, { retry }))).toBe(code)
  })

  it('a schedule lasts from the first attempt to the end of the last', () => {
    const policy = toPolicyConfiguration(changePolicy(DEFAULT_DELIVERY_POLICY, { timeout: 'PT10S' }))
    expect(scheduleLengthMs(policy)).toBe(9 * 360_000 + 10 * 10_000)
  })
})
