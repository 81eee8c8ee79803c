import { describe, expect, it } from '@jest/globals'
import { DEFAULT_DELIVERY_POLICY } from '@hooklane/contracts/records'
import type { StoredDeliveryPolicy } from '@hooklane/postgres/tenancy'
import { Problem } from '../../http/problem.js'
import type { WriteDelivery } from './delivery-policy.form.js'
import { deliveryPolicyConfiguration, storedDeliveryPolicy } from './delivery-policy.stored.js'

const changePolicy = (before: StoredDeliveryPolicy, delivery: WriteDelivery): StoredDeliveryPolicy =>
  storedDeliveryPolicy({ delivery }, { delivery: before }).delivery

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
  it('fields that are not written keep their values', () => {
    const changed = changePolicy(DEFAULT_DELIVERY_POLICY, { retry: { attempts: 3 } })
    expect(changed).toEqual({ ...DEFAULT_DELIVERY_POLICY, retry: { ...DEFAULT_DELIVERY_POLICY.retry, attempts: 3 } })
  })

  it('a backoff replaces an interval, and the other way round', () => {
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

  it('a new subscription has the default policy, which passes the check of the schedule', () => {
    const stored = storedDeliveryPolicy({}, null)
    expect(stored.delivery).toEqual(DEFAULT_DELIVERY_POLICY)
    expect(deliveryPolicyConfiguration(stored).delivery).toMatchObject({
      timeoutMs: 15_000,
      retry: { intervalMs: 360_000 },
    })
  })
})
