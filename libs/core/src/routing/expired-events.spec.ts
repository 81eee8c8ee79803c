import { describe, expect, it } from '@jest/globals'
import { decodeEvent, type EntityEvent } from '@hooklane/contracts/public'
import type { RouterStateRecord } from '@hooklane/contracts/records'
import fc from 'fast-check'
import type { ConfigurationRecord } from '../configuration/configuration-record.js'
import { ConfigurationView } from '../configuration/configuration-view.js'
import { resyncRecordsFor, type ExpiredEvents } from './expired-events.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'
import { PartitionRouter, type PartitionRouterSettings } from './partition-router.js'
import { PartitionState } from './partition-state.js'
import { routeBatch } from './route-batch.js'

const PARTITIONS = 3
const PARTITION = 1
const NOW = '2026-03-02T08:15:04.190Z'
const COMPANIES = Array.from({ length: 24 }, (_, n) => `cmp_${n}`)
const CONCERNED = COMPANIES.filter((id) => partitionOfKey(Buffer.from(id), PARTITIONS) === PARTITION)

const expired = (changes: Partial<ExpiredEvents> = {}): ExpiredEvents => ({
  topic: 'hooklane.events',
  partition: PARTITION,
  partitions: PARTITIONS,
  from: 40n,
  to: 100n,
  foundAt: NOW,
  ...changes,
})

const settings: PartitionRouterSettings = {
  partitions: PARTITIONS,
  maxEventBytes: 524_288,
  maxHops: 3,
  schema: { header: 'hooklane-schema', value: 'event/1' },
  decode: decodeEvent,
}

/** Each company with one app and one subscription to other events. */
function configured(): ConfigurationView {
  const view = new ConfigurationView()
  const put = (kind: ConfigurationRecord['kind'], id: string, body: object) =>
    view.put({ key: `${kind}:${id}`, kind, id, version: 1n, body: { id, ...body } } as ConfigurationRecord)
  put('workerGroup', 'shared-webhook', { name: 'shared-webhook' })
  for (const companyId of COMPANIES) {
    put('company', companyId, { name: companyId })
    put('app', `app_${companyId}`, { companyId, enabled: true, workerGroup: 'shared-webhook', routeVersion: 0 })
    const wanting = { companyId, appId: `app_${companyId}`, events: ['brands.created'], enabled: true }
    put('subscription', `sub_${companyId}`, wanting)
  }
  return view
}

const keyOf = (state: RouterStateRecord): string =>
  state.kind === 'app' ? state.appId : state.kind === 'seen' ? `${state.companyId} ${state.producer}` : state.kind

describe('what is routed in the place of expired events', () => {
  it('is one event for each company of the partition, which says that anything may be missing', () => {
    const records = resyncRecordsFor(expired(), COMPANIES)
    expect(CONCERNED.length).toBeGreaterThan(3)
    expect(records.map(({ key }) => String(key))).toEqual(CONCERNED)
    const events = records.map(({ value }) => JSON.parse(String(value)) as EntityEvent)
    for (const event of events) {
      expect(event).toMatchObject({ type: 'resync.required', producer: 'hooklane', occurredAt: NOW, revision: null })
      expect(event.data).toEqual({ producer: null, from: null, to: null, reason: 'retention', resources: [] })
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    expect(resyncRecordsFor(expired(), [])).toEqual([])
  })

  it('is the same however often it is made, as long as routing stands where it stood', () => {
    const idsOf = (changes: Partial<ExpiredEvents>) =>
      resyncRecordsFor(expired(changes), CONCERNED).map(({ value }) => (JSON.parse(String(value)) as EntityEvent).id)
    expect(idsOf({ to: 500n, foundAt: '2026-03-03T00:00:00.000Z' })).toEqual(idsOf({}))
    expect(idsOf({ from: 41n })).not.toEqual(idsOf({}))
  })

  it('reaches every subscription once and ends the range, wherever transactions end and however many are lost', () => {
    const view = configured()
    const step = fc.record({ size: fc.integer({ min: 1, max: 5 }), isLost: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), fc.bigInt(1n, 90n), (steps, from) => {
        const topic = new Map<string, RouterStateRecord>()
        topic.set('position', { kind: 'position', next: String(from) })
        const delivered: string[] = []
        for (let turn = 0, next = from; next < 100n; turn++) {
          if (turn > 500) throw new Error('the range has no end')
          // Each owner restores what was committed, and starts over.
          const router = new PartitionRouter(settings, PartitionState.restored(topic.values(), 64))
          next = router.state.committedNext ?? 0n
          let rest = next < 100n ? resyncRecordsFor(expired({ from: next, to: 100n }), COMPANIES) : []
          for (let part = 0; rest.length > 0; part++) {
            const { size, isLost } = steps[(turn + part) % steps.length] ?? { size: 1, isLost: false }
            const limits = { maxRecords: size, maxBytes: 1 << 20 }
            const batch = routeBatch(router, rest, { partition: 0, view, routedAt: NOW, limits })
            if (batch.nextOffset === null) throw new Error('nothing was routed')
            // Every second owner commits, so that the property has an end.
            if (isLost && turn % 2 === 0) break
            for (const state of batch.state.written) topic.set(keyOf(state), state)
            delivered.push(...batch.deliveries.map(({ headers }) => `${headers.subscriptionId} ${headers.sequence}`))
            next = batch.nextOffset
            rest = rest.slice(batch.consumed)
          }
        }
        expect(delivered.sort()).toEqual(CONCERNED.map((id) => `sub_${id} 1`).sort())
      }),
    )
  })
})
