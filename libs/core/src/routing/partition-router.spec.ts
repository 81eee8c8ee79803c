import { describe, expect, it } from '@jest/globals'
import type { EntityEvent } from '@hooklane/contracts/public'
import type { RouterStateRecord } from '@hooklane/contracts/records'
import fc from 'fast-check'
import { webhookId } from '../kernel/identity/ids.js'
import type { LogRecord } from '../kernel/log/log.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'
import { PartitionRouter, type PartitionRouterSettings } from './partition-router.js'
import { PartitionState } from './partition-state.js'
import { isEmptyBatch, routeBatch, type RoutedBatch } from './route-batch.js'
import { app, COMPANY, event, NOW, position, subscription, viewOf } from './routing-view.fixture.js'

const PARTITIONS = 6
const PARTITION = partitionOfKey(Buffer.from(COMPANY), PARTITIONS)

const settings: PartitionRouterSettings = {
  partitions: PARTITIONS,
  maxEventBytes: 4096,
  maxHops: 3,
  schema: { header: 'hooklane-schema', value: 'event/1' },
  decode: (bytes) => {
    if (!bytes) return { ok: false, reason: 'no_value' }
    try {
      return { ok: true, value: JSON.parse(String(bytes)) as EntityEvent }
    } catch {
      return { ok: false, reason: 'invalid_json' }
    }
  },
}

function record(value: EntityEvent | string | null, changes: Partial<LogRecord> = {}): LogRecord {
  const text = typeof value === 'string' || value === null ? value : JSON.stringify(value)
  return {
    topic: 'hooklane.events',
    partition: PARTITION,
    offset: 0n,
    key: Buffer.from(COMPANY),
    value: text === null ? null : Buffer.from(text),
    headers: {},
    timestampMs: 0,
    ...changes,
  }
}

const newRouter = (state = new PartitionState(64)) => new PartitionRouter(settings, state)
const oneApp = viewOf([app('app_a')], [subscription('sub_1', 'app_a')])

describe('PartitionRouter', () => {
  it('gives each app its own sequence and each matching subscription a delivery', () => {
    const view = viewOf(
      [app('app_a'), app('app_b', { routeVersion: 2 })],
      [subscription('sub_1', 'app_a'), subscription('sub_2', 'app_b'), subscription('sub_3', 'app_a')],
    )
    const decision = newRouter().route(record(event(1), { offset: 41n }), view, NOW)
    if (decision.kind !== 'deliver') throw new Error(decision.kind)
    expect(decision.deliveries.map((d) => [d.appId, d.headers.subscriptionId, d.headers.sequence])).toEqual([
      ['app_a', 'sub_1', 1n],
      ['app_b', 'sub_2', 1n],
      ['app_a', 'sub_3', 2n],
    ])
    expect(decision.deliveries[1]).toMatchObject({
      workerGroup: 'shared-webhook',
      headers: {
        kind: 'delivery',
        deliveryId: webhookId('evt_1', 'sub_2'),
        companyId: COMPANY,
        position: position(1),
        source: { topic: 'hooklane.events', partition: PARTITION, offset: 41n },
        routedAt: NOW,
        streamEpoch: 1,
        subscriptionVersion: 7n,
        routeVersion: 2,
        streamVersion: 0,
        mode: 'live',
        reason: 'event',
      },
    })
    expect(JSON.parse(String(decision.deliveries[2]?.value))).toEqual({ ...event(1), order: { epoch: 1, sequence: 2 } })
  })

  it.each<[string, LogRecord, string]>([
    ['bytes that are no JSON', record('{"id":'), 'invalid_json'],
    ['a tombstone', record(null), 'no_value'],
    ['more bytes than an event may have', record(event(1, { data: { text: 'x'.repeat(5000) } })), 'too_large'],
    [
      'another schema in the header',
      record(event(1), { headers: { 'hooklane-schema': Buffer.from('event/2') } }),
      'unknown_schema',
    ],
    [
      'deep nesting',
      record(JSON.stringify(event(1, { data: { a: 0 } })).replace('{"a":0}', `${'['.repeat(300)}${']'.repeat(300)}`)),
      'too_deep',
    ],
    ['no key', record(event(1), { key: null }), 'wrong_key'],
    ['an empty key', record(event(1), { key: Buffer.alloc(0) }), 'wrong_key'],
    ['the key of another company', record(event(1), { key: Buffer.from('cmp_2') }), 'wrong_key'],
    [
      'another partition than the key’s',
      record(event(1), { partition: (PARTITION + 1) % PARTITIONS }),
      'wrong_partition',
    ],
    [
      'an unknown company',
      record(event(1, { companyId: 'cmp_9' }), {
        key: Buffer.from('cmp_9'),
        partition: partitionOfKey(Buffer.from('cmp_9'), PARTITIONS),
      }),
      'unknown_company',
    ],
    [
      'a change with four hops',
      record(event(1, { revision: { id: position(1), operation: 'update', source: { hops: 4 } } })),
      'hops',
    ],
  ])('quarantines %s', (_what, poison, reason) => {
    const router = newRouter()
    expect(router.route(poison, oneApp, NOW)).toEqual({ kind: 'quarantine', reason })
    expect(router.route(record(event(2)), oneApp, NOW).kind).toBe('deliver')
  })

  it('accepts the schema header of an event and three hops', () => {
    const good = record(event(1, { revision: { id: '1', operation: 'update', source: { hops: 3 } } }), {
      headers: { 'hooklane-schema': Buffer.from('event/1') },
    })
    expect(newRouter().route(good, oneApp, NOW).kind).toBe('deliver')
  })

  it('passes a valid trace context on, and no other bytes', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const traceOf = (n: number, header: string) => {
      const decision = newRouter().route(
        record(event(n), { headers: { traceparent: Buffer.from(header) } }),
        oneApp,
        NOW,
      )
      return decision.kind === 'deliver' ? decision.deliveries[0]?.traceparent : decision
    }
    expect(traceOf(1, traceparent)).toBe(traceparent)
    expect(traceOf(1, `${traceparent}\r\nx: y`)).toBeNull()
  })

  it('drops copies, also of events without deliveries, and of those that were refused for their hops', () => {
    const router = newRouter()
    const nobody = viewOf([], [])
    const echo = event(3, { revision: { id: position(3), operation: 'update', source: { hops: 9 } } })
    router.route(record(event(1)), oneApp, NOW)
    router.route(record(event(2)), nobody, NOW)
    router.route(record(echo), nobody, NOW)
    for (const copy of [event(1), event(2), echo]) expect(router.route(record(copy), oneApp, NOW).kind).toBe('copy')
  })

  it('quarantines an unseen event that is not above its producer’s last position, and only that', () => {
    const router = newRouter()
    const decide = (n: number, changes: Record<string, unknown> = {}) => {
      const decision = router.route(record(event(n, changes)), oneApp, NOW)
      return decision.kind === 'quarantine' ? decision.reason : decision.kind
    }
    expect(decide(5)).toBe('deliver')
    expect(decide(4)).toBe('out_of_order')
    expect(decide(4, { id: 'evt_x', revision: { id: position(5), operation: 'update' } })).toBe('out_of_order')
    expect(decide(3, { producer: 'erp' })).toBe('deliver')
    expect(decide(2, { revision: null })).toBe('deliver')
    expect(decide(6)).toBe('deliver')
  })

  it('orders positions as text, whatever they are written in, and keeps those out of headers that do not fit', () => {
    const router = newRouter()
    const at = (id: string) =>
      router.route(record(event(1, { id: `evt_${id.length}_${id.charCodeAt(0)}`, revision: { id } })), oneApp, NOW)
    const first = at('Änderung 1')
    expect(first.kind === 'deliver' && first.deliveries[0]?.headers.position).toBeNull()
    expect(at('Änderung 10').kind).toBe('deliver')
    expect(at('A 2').kind).toBe('quarantine')
  })

  it('waits, and changes nothing, while the worker group of an app is unknown', () => {
    const router = newRouter()
    const withoutWorkerGroup = viewOf([app('app_a', { workerGroup: 'shared-new' })], [subscription('sub_1', 'app_a')])
    expect(router.route(record(event(1)), withoutWorkerGroup, NOW)).toEqual({
      kind: 'wait',
      appId: 'app_a',
      workerGroup: 'shared-new',
    })
    const decision = router.route(record(event(1)), oneApp, NOW)
    expect(decision.kind === 'deliver' && decision.deliveries[0]?.headers.sequence).toBe(1n)
  })
})

describe('routeBatch', () => {
  const limits = { maxRecords: 2000, maxBytes: 1 << 20 }
  const context = { partition: PARTITION, view: oneApp, routedAt: NOW, limits }
  const whole = (batch: RoutedBatch): RoutedBatch => {
    if (isEmptyBatch(batch)) throw new Error('nothing was routed')
    return batch
  }

  it('writes only what changed: one record per app, one per producer, and the position', () => {
    const router = newRouter()
    const batch = whole(
      routeBatch(
        router,
        [1, 2, 3].map((n) => record(event(n), { offset: BigInt(n) })),
        context,
      ),
    )
    expect(batch.deliveries).toHaveLength(3)
    expect(batch.state.written).toEqual([
      { kind: 'app', appId: 'app_a', epoch: 1, sequence: 3 },
      {
        kind: 'seen',
        companyId: COMPANY,
        producer: 'pim',
        chunk: 0,
        position: position(3),
        ids: ['evt_1', 'evt_2', 'evt_3'],
      },
      { kind: 'position', next: '4' },
    ])
    const poison = whole(routeBatch(router, [record('x', { offset: 9n })], context))
    expect(poison.state.written).toEqual([{ kind: 'position', next: '10' }])
    expect(poison.quarantined.map((one) => one.reason)).toEqual(['invalid_json'])
  })

  it('ends at its limits', () => {
    const records = Array.from({ length: 10 }, (_, n) => record(event(n), { offset: BigInt(n) }))
    const few = whole(routeBatch(newRouter(), records, { ...context, limits: { ...limits, maxRecords: 4 } }))
    expect([few.consumed, few.nextOffset]).toEqual([4, 4n])
    const small = whole(routeBatch(newRouter(), records, { ...context, limits: { ...limits, maxBytes: 1 } }))
    expect(small.consumed).toBe(1)
  })

  it('ends before a record that has to wait', () => {
    const router = newRouter()
    const view = viewOf(
      [app('app_a'), app('app_b', { workerGroup: 'shared-new' })],
      [
        subscription('sub_1', 'app_a', { events: ['products.updated'] }),
        subscription('sub_2', 'app_b', { events: ['products.deleted'] }),
      ],
    )
    const records = [
      record(event(1), { offset: 5n }),
      record(event(2, { type: 'products.deleted' }), { offset: 6n }),
      record(event(3), { offset: 7n }),
    ]
    const waitsFor = { offset: 6n, appId: 'app_b', workerGroup: 'shared-new' }
    expect(routeBatch(router, records, { ...context, view })).toMatchObject({ consumed: 1, nextOffset: 6n, waitsFor })
    const waiting = routeBatch(router, records.slice(1), { ...context, view })
    expect([isEmptyBatch(waiting), waiting.waitsFor]).toEqual([true, waitsFor])
    expect(isEmptyBatch(routeBatch(router, [], context))).toBe(true)
  })

  it('has no holes and no copies, however often batches are lost and state is restored, and whatever is repeated', () => {
    const view = viewOf(
      [app('app_a'), app('app_b')],
      [
        subscription('sub_1', 'app_a'),
        subscription('sub_2', 'app_b', { events: ['brands.*'] }),
        subscription('sub_3', 'app_b'),
      ],
    )
    const step = fc.record({
      size: fc.integer({ min: 1, max: 9 }),
      outcome: fc.constantFrom('commit', 'lost', 'restart' as const),
    })
    const input = fc.array(fc.record({ n: fc.integer({ min: 1, max: 40 }), brand: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(input, fc.array(step, { minLength: 1 }), (events, steps) => {
        const log = events.map(({ n, brand }, offset) =>
          record(event(n, { type: brand ? 'brands.created' : 'products.updated' }), { offset: BigInt(offset) }),
        )
        const topic = new Map<string, RouterStateRecord>()
        const delivered: { appId: string; sequence: bigint; id: string }[] = []
        const restore = () => newRouter(PartitionState.restored(topic.values(), 64))
        let router = restore()
        for (let turn = 0; ; turn++) {
          const next = Number(router.state.committedNext ?? 0n)
          if (next >= log.length) break
          const { size, outcome } = steps[turn % steps.length] ?? { size: 1, outcome: 'commit' }
          const commits = outcome !== 'lost' || turn > 200
          const batch = whole(
            routeBatch(router, log.slice(next), { ...context, view, limits: { ...limits, maxRecords: size } }),
          )
          if (commits) {
            for (const state of batch.state.written) topic.set(keyOf(state), state)
            for (const { appId, headers } of batch.deliveries)
              delivered.push({ appId, sequence: headers.sequence, id: headers.deliveryId })
          }
          if (!commits || outcome === 'restart') router = restore()
        }
        for (const appId of ['app_a', 'app_b']) {
          const own = delivered.filter((one) => one.appId === appId)
          expect(own.map((one) => one.sequence)).toEqual(own.map((_, index) => BigInt(index + 1)))
          expect(new Set(own.map((one) => one.id)).size).toBe(own.length)
        }
      }),
    )
  })
})

const keyOf = (state: RouterStateRecord): string =>
  state.kind === 'app' ? state.appId : state.kind === 'seen' ? `seen ${state.producer} ${state.chunk % 64}` : state.kind
