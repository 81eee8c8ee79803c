import { describe, expect, it } from '@jest/globals'
import { decodeEvent, type EntityEvent } from '@hooklane/contracts/public'
import fc from 'fast-check'
import { buildResyncEvent } from '../capture/event/build-resync-event.js'
import type { ConfigurationRecord } from '../configuration/configuration-record.js'
import { ConfigurationView } from '../configuration/configuration-view.js'
import { webhookId } from '../kernel/identity/ids.js'
import type { LogRecord } from '../kernel/log/log.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'
import { PartitionRouter, type RoutedDelivery } from './partition-router.js'
import { PartitionState } from './partition-state.js'

const COMPANY = 'cmp_1'
const PARTITIONS = 6
const NOW = '2026-03-02T08:15:04.190Z'

interface Subscriber {
  readonly id: string
  readonly appId: string
  readonly events?: readonly string[]
  readonly enabled?: boolean
  readonly companyId?: string
}

/** Apps of a company, enabled unless their id says otherwise, and their subscriptions. */
function viewOf(subscribers: readonly Subscriber[]): ConfigurationView {
  const view = new ConfigurationView()
  const put = (kind: ConfigurationRecord['kind'], id: string, body: object) =>
    view.put({ key: `${kind}:${id}`, kind, id, version: 1n, body } as ConfigurationRecord)
  put('company', COMPANY, { name: COMPANY })
  put('workerGroup', 'shared-webhook', { name: 'shared-webhook' })
  for (const { id, appId, events = ['*'], enabled = true, companyId = COMPANY } of subscribers) {
    const workerGroup = appId.includes('without_group') ? 'shared-new' : 'shared-webhook'
    put('app', appId, { id: appId, companyId, enabled: !appId.includes('off'), workerGroup, routeVersion: 0 })
    put('subscription', id, { id, appId, companyId, events, enabled })
  }
  return view
}

const position = (n: number): string => String(n).padStart(8, '0')

const resync = (n: number, changes: object = {}): EntityEvent => ({
  ...buildResyncEvent({
    producer: 'pim',
    companyId: COMPANY,
    position: position(n),
    occurredAt: NOW,
    from: null,
    to: position(n),
    reason: 'truncated',
    resources: ['products'],
  }),
  ...changes,
})

const change = (n: number, type = 'products.updated'): EntityEvent => ({
  ...resync(n),
  id: `evt_${n}`,
  type,
  entity: { type: 'product', id: `prd_${n}` },
  revision: { id: position(n), operation: 'update' },
  data: null,
})

const record = (event: object): LogRecord => ({
  topic: 'hooklane.events',
  partition: partitionOfKey(Buffer.from(COMPANY), PARTITIONS),
  offset: 9n,
  key: Buffer.from(COMPANY),
  value: Buffer.from(JSON.stringify(event)),
  headers: {},
  timestampMs: 0,
})

function newRouter(): PartitionRouter {
  const schema = { header: 'hooklane-schema', value: 'event/1' }
  const settings = { partitions: PARTITIONS, maxEventBytes: 524_288, maxHops: 3, schema, decode: decodeEvent }
  return new PartitionRouter(settings, new PartitionState(64))
}

function deliveriesOf(router: PartitionRouter, event: object, view: ConfigurationView): readonly RoutedDelivery[] {
  const decision = router.route(record(event), view, NOW)
  if (decision.kind !== 'deliver') throw new Error(JSON.stringify(decision))
  return decision.deliveries
}

const subscriptionsOf = (deliveries: readonly RoutedDelivery[]) => deliveries.map((one) => one.headers.subscriptionId)

describe('an event of an own type', () => {
  it('goes to each enabled subscription of each enabled app of its company, whatever it subscribed to', () => {
    const view = viewOf([
      { id: 'sub_1', appId: 'app_a', events: ['products.*'] },
      { id: 'sub_2', appId: 'app_a', events: ['brands.updated'] },
      { id: 'sub_3', appId: 'app_b', events: ['*'] },
      { id: 'sub_4', appId: 'app_b', events: ['resync.required'] },
      { id: 'sub_5', appId: 'app_b', events: ['*'], enabled: false },
      { id: 'sub_6', appId: 'app_off', events: ['*'] },
      { id: 'sub_7', appId: 'app_foreign', events: ['*'], companyId: 'cmp_2' },
    ])
    const deliveries = deliveriesOf(newRouter(), resync(1), view)
    expect(deliveries.map(({ appId, headers }) => [appId, headers.subscriptionId, headers.sequence])).toEqual([
      ['app_a', 'sub_1', 1n],
      ['app_a', 'sub_2', 2n],
      ['app_b', 'sub_3', 1n],
      ['app_b', 'sub_4', 2n],
    ])
  })

  it('is about the subscription that gets it, and otherwise what its producer wrote', () => {
    const view = viewOf([{ id: 'sub_1', appId: 'app_a', events: ['brands.*'] }])
    const [delivery] = deliveriesOf(newRouter(), resync(1), view)
    expect(JSON.parse(String(delivery?.value))).toEqual({
      ...resync(1),
      entity: { type: 'subscription', id: 'sub_1', key: null, url: null },
      order: { epoch: 1, sequence: 1 },
    })
    expect(delivery?.headers).toMatchObject({
      deliveryId: webhookId(resync(1).id, 'sub_1'),
      position: null,
      mode: 'live',
      reason: 'event',
    })
  })

  it('is for one subscription alone when it is addressed to it', () => {
    const view = viewOf([
      { id: 'sub_1', appId: 'app_a', events: ['brands.*'] },
      { id: 'sub_2', appId: 'app_a' },
      { id: 'sub_3', appId: 'app_a', enabled: false },
    ])
    const to = (subscriptionId: string) =>
      subscriptionsOf(deliveriesOf(newRouter(), resync(1, { subscriptionId }), view))
    expect(to('sub_1')).toEqual(['sub_1'])
    expect(to('sub_3')).toEqual([])
  })

  it('keeps its place among the changes of its producer, and moves no position', () => {
    const view = viewOf([{ id: 'sub_1', appId: 'app_a' }])
    const router = newRouter()
    const log = [change(10), resync(20), change(15), resync(5), change(30)]
    const routed = log.flatMap((event) => deliveriesOf(router, event, view))
    expect(routed.map(({ headers }) => headers.sequence)).toEqual([1n, 2n, 3n, 4n, 5n])
    expect(routed.map(({ value }) => (JSON.parse(String(value)) as EntityEvent).id)).toEqual(log.map(({ id }) => id))
    expect(router.route(record(change(29)), view, NOW)).toEqual({ kind: 'quarantine', reason: 'out_of_order' })
  })

  it('that was published again is a copy, also when no subscription got it or the log is replayed', () => {
    const router = newRouter()
    deliveriesOf(router, resync(1), viewOf([]))
    const view = viewOf([{ id: 'sub_1', appId: 'app_a' }])
    for (const event of [change(2), resync(3)]) deliveriesOf(router, event, view)
    for (const event of [resync(1), change(2), resync(3)])
      expect(router.route(record(event), view, NOW).kind).toBe('copy')
  })

  it.each<[string, object, string]>([
    ['no data', { data: null }, 'schema:/data'],
    ['an unknown reason', { data: { ...resync(1).data, reason: 'bored' } }, 'schema:/data/reason'],
    ['another producer in its data', { data: { ...resync(1).data, producer: 'erp' } }, 'schema:/data/producer'],
    ['a revision', { revision: { id: position(1), operation: 'update' } }, 'schema:/revision'],
    ['a type that does not exist', { type: 'stream.caughtUp' }, 'reserved_type'],
  ])('with %s is quarantined and not remembered', (_what, wrong, reason) => {
    const router = newRouter()
    const view = viewOf([{ id: 'sub_1', appId: 'app_a' }])
    expect(router.route(record(resync(1, wrong)), view, NOW)).toEqual({ kind: 'quarantine', reason })
    expect(subscriptionsOf(deliveriesOf(router, resync(1), view))).toEqual(['sub_1'])
  })

  it('waits for the worker group of an app like any other', () => {
    const view = viewOf([{ id: 'sub_1', appId: 'app_without_group', events: ['brands.*'] }])
    expect(newRouter().route(record(resync(1)), view, NOW)).toMatchObject({ kind: 'wait', appId: 'app_without_group' })
  })

  it('reaches the same subscriptions whatever they subscribed to, and changes nothing about who gets a change', () => {
    const pattern = fc.constantFrom('*', 'products.*', 'products.updated', 'brands.*', 'resync.*', 'resync.required')
    const subscriber = fc.record({
      appId: fc.constantFrom('app_a', 'app_b', 'app_off'),
      events: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      enabled: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(subscriber, { maxLength: 12 }), (drawn) => {
        const subscribers = drawn.map((one, index) => ({ ...one, id: `sub_${String(index).padStart(2, '0')}` }))
        const view = viewOf(subscribers)
        const live = subscribers.filter(({ enabled, appId }) => enabled && appId !== 'app_off')
        const wanting = live.filter(({ events }) =>
          events.some((one) => ['*', 'products.*', 'products.updated'].includes(one)),
        )
        const router = newRouter()
        expect(subscriptionsOf(deliveriesOf(router, resync(1), view))).toEqual(live.map(({ id }) => id))
        expect(subscriptionsOf(deliveriesOf(router, change(2), view))).toEqual(wanting.map(({ id }) => id))
      }),
    )
  })
})
