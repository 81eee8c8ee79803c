import { describe, expect, it } from '@jest/globals'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { RecordRef } from '@hooklane/core/lane'
import { systemClock } from '@hooklane/runtime'
import { ConfigurationGate, type DispatchView } from './configuration-gate.js'

const app = { id: 'app_1', enabled: true } as AppConfiguration
const subscription = { id: 'sub_1', appId: 'app_1', companyId: 'cmp_1', enabled: true } as SubscriptionConfiguration

/** A gate over a view that the test changes. The test decides when a read to the end finishes. */
function gateOver(change: Partial<DispatchView>) {
  const view: DispatchView = {
    company: () => ({ id: 'cmp_1', name: 'C' }),
    app: () => app,
    subscription: () => ({ version: 5n, value: subscription }),
    subscriptionDeletedAt: () => undefined,
    ...change,
  }
  let answer: () => void = () => undefined
  const reads = { told: 0 }
  const gate = new ConfigurationGate({
    clock: systemClock,
    view,
    readToEnd: () => new Promise((resolve) => (answer = resolve)),
    onRead: () => (reads.told += 1),
    onFailure: () => undefined,
  })
  const finishRead = async () => {
    const before = reads.told
    answer()
    while (reads.told === before) await new Promise((resolve) => setImmediate(resolve))
  }
  return { gate, finishRead }
}

const head = (subscriptionVersion: bigint) => ({ subscriptionId: 'sub_1', subscriptionVersion }) as RecordRef

describe('ConfigurationGate', () => {
  it('sends a delivery whose subscription is known and enabled', () => {
    expect(gateOver({}).gate.verdict(head(5n)).kind).toBe('send')
  })

  it('drops a delivery at once when its subscription was disabled after the head was routed', () => {
    const { gate } = gateOver({ subscription: () => ({ version: 6n, value: { ...subscription, enabled: false } }) })
    expect(gate.verdict(head(5n))).toEqual({ kind: 'settle', status: 'dropped', reason: 'subscription_disabled' })
  })

  it.each<[string, Partial<DispatchView>, string]>([
    ['disabled', { app: () => ({ ...app, enabled: false }) }, 'dropped'],
    ['unknown', { app: () => undefined }, 'filtered'],
    ['of an unknown company', { company: () => undefined }, 'filtered'],
  ])('treats the app as %s only after it has read as far as the router had', async (_, change, status) => {
    const { gate, finishRead } = gateOver(change)
    const record = head(5n)
    expect(gate.verdict(record)).toEqual({ kind: 'notYet' })
    await finishRead()
    expect(gate.verdict(record)).toMatchObject({ kind: 'settle', status })
  })

  it('treats a subscription that is unknown after reading to the end as deleted', async () => {
    const { gate, finishRead } = gateOver({ subscription: () => undefined })
    const record = head(5n)
    expect(gate.verdict(record)).toEqual({ kind: 'notYet' })
    await finishRead()
    expect(gate.verdict(record)).toEqual({ kind: 'settle', status: 'filtered', reason: 'deleted' })
  })

  it('waits for a subscription that is older than the head says', async () => {
    const { gate, finishRead } = gateOver({})
    const record = head(6n)
    expect(gate.verdict(record)).toEqual({ kind: 'notYet' })
    await finishRead()
    expect(gate.verdict(record)).toEqual({ kind: 'notYet' })
  })
})
