import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { ConfigurationRecord } from './configuration-record.js'
import { ConfigurationView } from './configuration-view.js'

const app = (id: string, companyId = 'cmp_1'): AppConfiguration => ({
  id,
  companyId,
  name: id,
  type: 'shopware',
  enabled: true,
  worker: { mode: 'shared' },
  workerGroup: 'shared-webhook',
  routeVersion: 0,
})

const subscription = (id: string, appId: string, companyId = 'cmp_1'): SubscriptionConfiguration => ({
  id,
  companyId,
  appId,
  name: id,
  enabled: true,
  target: { url: 'https://shop.example.com', method: 'POST', headers: [] },
  events: ['*'],
  workflow: { id: 'wf_1', name: id },
  payload: { type: 'json', mode: 'full', version: '1' },
  delivery: {
    success: '2xx',
    timeoutMs: 15_000,
    retry: { attempts: 1, intervalMs: 0, jitter: 0, on: 'any' },
    onRejected: 'deadLetter',
    onUnreachable: 'block',
  },
  secrets: [{ sealed: 'x', validUntil: null }],
})

const subscriptionRecord = (
  id: string,
  version: bigint,
  body: SubscriptionConfiguration | null,
): ConfigurationRecord => ({ key: `subscription:${id}`, kind: 'subscription', id, version, body })

describe('ConfigurationView', () => {
  it('knows nothing before the first record', () => {
    const view = new ConfigurationView()
    expect(view.version).toBe(0n)
    expect(view.company('cmp_1')).toBeUndefined()
    expect(view.subscriptionsOfCompany('cmp_1')).toEqual([])
    expect(view.subscriptionDeletedAt('sub_1')).toBeUndefined()
  })

  it('finds subscriptions by id, by company and by app, ordered by id', () => {
    const view = new ConfigurationView()
    view.put(subscriptionRecord('sub_2', 1n, subscription('sub_2', 'app_1')))
    view.put(subscriptionRecord('sub_1', 2n, subscription('sub_1', 'app_1')))
    view.put(subscriptionRecord('sub_3', 3n, subscription('sub_3', 'app_2', 'cmp_2')))
    expect(view.subscription('sub_1')?.version).toBe(2n)
    expect(view.subscriptionsOfCompany('cmp_1').map((s) => s.value.id)).toEqual(['sub_1', 'sub_2'])
    expect(view.subscriptionsOfApp('app_2').map((s) => s.value.id)).toEqual(['sub_3'])
    expect(view.version).toBe(3n)
  })

  it('a copy and an older version change nothing', () => {
    const view = new ConfigurationView()
    expect(view.put(subscriptionRecord('sub_1', 5n, subscription('sub_1', 'app_1')))).toBe(true)
    expect(view.put(subscriptionRecord('sub_1', 5n, subscription('sub_1', 'app_2')))).toBe(false)
    expect(view.put(subscriptionRecord('sub_1', 4n, null))).toBe(false)
    expect(view.subscription('sub_1')?.value.appId).toBe('app_1')
  })

  it('remembers at which version a subscription was deleted, and an older copy does not bring it back', () => {
    const view = new ConfigurationView()
    view.put(subscriptionRecord('sub_1', 5n, subscription('sub_1', 'app_1')))
    view.put(subscriptionRecord('sub_1', 7n, null))
    expect(view.put(subscriptionRecord('sub_1', 6n, subscription('sub_1', 'app_1')))).toBe(false)
    expect(view.subscription('sub_1')).toBeUndefined()
    expect(view.subscriptionDeletedAt('sub_1')).toBe(7n)
    expect(view.subscriptionsOfCompany('cmp_1')).toEqual([])
    expect(view.subscriptionsOfApp('app_1')).toEqual([])
    view.put(subscriptionRecord('sub_1', 8n, subscription('sub_1', 'app_1')))
    expect(view.subscriptionDeletedAt('sub_1')).toBeUndefined()
    expect(view.subscriptionsOfApp('app_1')).toHaveLength(1)
  })

  it('a subscription that moves to another app leaves the list of the first', () => {
    const view = new ConfigurationView()
    view.put(subscriptionRecord('sub_1', 1n, subscription('sub_1', 'app_1')))
    expect(view.subscriptionsOfApp('app_1')).toHaveLength(1)
    view.put(subscriptionRecord('sub_1', 2n, subscription('sub_1', 'app_2')))
    expect(view.subscriptionsOfApp('app_1')).toEqual([])
    expect(view.subscriptionsOfApp('app_2').map((s) => s.version)).toEqual([2n])
  })

  it('a list is the same array until something in it changes', () => {
    const view = new ConfigurationView()
    view.put(subscriptionRecord('sub_1', 1n, subscription('sub_1', 'app_1')))
    const list = view.subscriptionsOfCompany('cmp_1')
    view.put(subscriptionRecord('sub_9', 2n, subscription('sub_9', 'app_9', 'cmp_9')))
    expect(view.subscriptionsOfCompany('cmp_1')).toBe(list)
  })

  it('knows companies, apps and worker groups, and forgets the deleted ones', () => {
    const view = new ConfigurationView()
    view.put({ key: 'company:cmp_1', kind: 'company', id: 'cmp_1', version: 1n, body: { id: 'cmp_1', name: 'A' } })
    view.put({ key: 'app:app_2', kind: 'app', id: 'app_2', version: 2n, body: app('app_2') })
    view.put({ key: 'app:app_1', kind: 'app', id: 'app_1', version: 3n, body: app('app_1') })
    const group = { name: 'shared-webhook', partitions: 3, slots: 2 }
    view.put({ key: 'workerGroup:shared-webhook', kind: 'workerGroup', id: group.name, version: 4n, body: group })
    expect(view.company('cmp_1')).toBeDefined()
    expect(view.appsOfCompany('cmp_1').map((a) => a.id)).toEqual(['app_1', 'app_2'])
    expect(view.workerGroups()).toEqual([group])
    view.put({ key: 'app:app_1', kind: 'app', id: 'app_1', version: 5n, body: null })
    view.put({ key: 'workerGroup:shared-webhook', kind: 'workerGroup', id: group.name, version: 6n, body: null })
    expect(view.app('app_1')).toBeUndefined()
    expect(view.appsOfCompany('cmp_1').map((a) => a.id)).toEqual(['app_2'])
    expect(view.hasWorkerGroup('shared-webhook')).toBe(false)
  })

  it('any order of arrival, with copies, ends in the same configuration', () => {
    const records = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('sub_1', 'sub_2', 'sub_3'),
        version: fc.bigInt(1n, 50n),
        app: fc.option(fc.constantFrom('app_1', 'app_2')),
      }),
      { selector: (r) => r.version, maxLength: 20 },
    )
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (rows, random) => {
        const all = rows.map((r) =>
          subscriptionRecord(r.id, r.version, r.app === null ? null : subscription(r.id, r.app)),
        )
        const shuffled = [...all, ...all]
          .map((record) => ({ record, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
        const [inOrder, anyOrder] = [new ConfigurationView(), new ConfigurationView()]
        for (const record of [...all].sort((a, b) => (a.version < b.version ? -1 : 1))) inOrder.put(record)
        for (const { record } of shuffled) anyOrder.put(record)
        const seen = (view: ConfigurationView) => ({
          company: view.subscriptionsOfCompany('cmp_1'),
          apps: ['app_1', 'app_2'].map((id) => view.subscriptionsOfApp(id)),
          deleted: ['sub_1', 'sub_2', 'sub_3'].map((id) => view.subscriptionDeletedAt(id)),
          version: view.version,
        })
        expect(seen(anyOrder)).toEqual(seen(inOrder))
      }),
    )
  })
})
