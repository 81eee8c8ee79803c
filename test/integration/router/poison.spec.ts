import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { partitionOfKey } from '@hooklane/core/kernel'
import type { Message } from 'kafkajs'
import type { ServiceProcess } from '../support/service-process.js'
import { assertDense, eventually, messageOf, RouterWorld, upstreamEvent } from './router-world.js'

const COMPANY = 'cmp_p'
const PARTITION = partitionOfKey(Buffer.from(COMPANY), 6)
const text = (n: number, changes: Record<string, unknown> = {}) => JSON.stringify(upstreamEvent(COMPANY, n, changes))
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
const keyed = (value: string | Buffer | null, more: Partial<Message> = {}): Message => ({
  key: COMPANY,
  value,
  ...more,
})
const schema = (name: string) => ({ headers: { 'hooklane-schema': name } })
const resync = { producer: 'shop', from: null, to: null, reason: 'publication', resources: ['products'] }
const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`

/** What stands between good events, each with the reason under which it must be found. */
const POISON: readonly [string, string, Message][] = [
  ['a tombstone', 'no_value', keyed(null)],
  ['a tombstone that calls itself an event', 'no_value', keyed(null, schema('event/1'))],
  ['no bytes', 'empty', keyed(Buffer.alloc(0))],
  ['text', 'invalid_json', keyed('hello')],
  ['a truncated event', 'invalid_json', keyed(text(1).slice(0, 60))],
  ['two events in one record', 'invalid_json', keyed(`${text(1)}\n${text(2)}`)],
  ['an array', 'schema:/', keyed('[]')],
  ['null', 'schema:/', keyed('null')],
  ['an event without a type', 'schema:/type', keyed(text(1, { type: undefined }))],
  ['an event with a number as id', 'schema:/id', keyed(text(1, { id: 7 }))],
  [
    'an event with a number as position',
    'schema:/revision',
    keyed(text(1, { revision: { id: 7, operation: 'update' } })),
  ],
  ['an unknown operation', 'schema:/revision', keyed(text(1, { revision: { id: '1', operation: 'upsert' } }))],
  ['a byte order mark', 'byte_order_mark', keyed(bytes([0xef, 0xbb, 0xbf], text(1)))],
  ['UTF-16', 'invalid_utf8', keyed(Buffer.from(`\ufeff${text(1)}`, 'utf16le'))],
  ['invalid UTF-8', 'invalid_utf8', keyed(bytes('{"id":"', [0xc3, 0x28], '"}'))],
  ['a lone surrogate in bytes', 'invalid_utf8', keyed(bytes('{"id":"', [0xed, 0xa0, 0x80], '"}'))],
  ['gzip', 'invalid_utf8', keyed(bytes([0x1f, 0x8b, 0x08, 0x00, 0xff]))],
  ['more than 512 KiB', 'too_large', keyed(text(1, { data: { text: 'x'.repeat(600_000) } }))],
  ['nesting 50,000 deep', 'too_deep', keyed(text(1, { data: { a: 0 } }).replace('{"a":0}', nested(50_000)))],
  ['a later version', 'unknown_schema', keyed(text(1), schema('event/9'))],
  ['a delivery in place of an event', 'unknown_schema', keyed(text(1), schema('delivery/1'))],
  ['no key', 'wrong_key', { key: null, value: text(1), partition: PARTITION }],
  ['an empty key', 'wrong_key', { key: '', value: text(1), partition: PARTITION }],
  ['another company’s key', 'wrong_key', { key: 'cmp_q', value: text(1), partition: PARTITION }],
  ['another partition', 'wrong_partition', keyed(text(1), { partition: (PARTITION + 1) % 6 })],
  ['an unknown company', 'unknown_company', messageOf(upstreamEvent('cmp_nobody', 1))],
  [
    'a resync without its data',
    'schema:/data',
    keyed(text(1, { type: 'resync.required', revision: null, data: null })),
  ],
  [
    'a resync for an unknown reason',
    'schema:/data/reason',
    keyed(text(1, { type: 'resync.required', revision: null, data: { ...resync, reason: 'bored' } })),
  ],
  [
    'a resync of somebody else’s changes',
    'schema:/data/producer',
    keyed(text(1, { type: 'resync.required', revision: null, data: { ...resync, producer: 'pim' } })),
  ],
  ['a resync that is a change', 'schema:/revision', keyed(text(1, { type: 'resync.required', data: resync }))],
  ['a type below a reserved name', 'reserved_type', keyed(text(1, { type: 'stream.started' }))],
  [
    'too many echoes',
    'hops',
    keyed(text(999_999_999, { producer: 'echo', revision: { id: '1', operation: 'update', source: { hops: 4 } } })),
  ],
]

const good = (n: number): Message => messageOf(upstreamEvent(COMPANY, n))
const idOf = (n: number): string => `evt_${COMPANY}_${n}`

describe('poison on the topic events', () => {
  let world: RouterWorld
  let router: ServiceProcess
  /** Ids of the good events that the app must have got, in order. */
  const expected: string[] = []
  const expectGood = (...numbers: number[]) => expected.push(...numbers.map(idOf))
  const arrived = () =>
    eventually(() => {
      const delivered = world.deliveredTo('app_p')
      expect(delivered.map((one) => one.eventId)).toEqual(expected)
      assertDense(delivered)
    })

  beforeAll(async () => {
    world = await RouterWorld.create()
    await world.company(COMPANY)
    await world.app('app_p', COMPANY)
    await world.subscription('sub_p', COMPANY, 'app_p')
    router = await world.startRouter().ready()
    await world.publish([good(10)])
    expectGood(10)
    for (const [index, [, , poison]] of POISON.entries()) {
      await world.publish([poison])
      await world.publish([good(11 + index)])
      expectGood(11 + index)
    }
  })
  afterAll(async () => world.close())

  it('every good event between is delivered, in order', arrived)

  it.each(POISON)(
    '%s is kept in quarantine as %s, with its bytes, its key and where it stood',
    async (_, reason, poison) => {
      const value = bufferOf(poison.value)
      const partition = poison.partition ?? partitionOfKey(bufferOf(poison.key) ?? Buffer.alloc(0), 6)
      await eventually(() => {
        const kept = world
          .quarantined()
          .find((one) => one.reason === reason && same(one.value, value) && same(one.key, bufferOf(poison.key)))
        expect(kept).toMatchObject({ service: 'router', valueBytes: value?.length ?? null })
        expect(kept?.origin).toMatchObject({ topic: world.topics.events, partition })
      })
    },
  )

  it('nothing else is in quarantine, and every reason is counted', async () => {
    expect(world.quarantined()).toHaveLength(POISON.length)
    const labels = POISON.map(([, reason]) => reason.split(':', 1)[0] ?? '')
    for (const label of new Set(labels)) {
      const count = await router.metric('quarantined_total', `reason="${label}"`)
      expect({ label, count }).toEqual({ label, count: labels.filter((one) => one === label).length })
    }
  })

  it('an event that unfolds to 3 MiB is refused by the broker: its producer hears of it, nobody else', async () => {
    const bomb = keyed(text(1, { data: { text: 'x'.repeat(3 * 1024 * 1024) } }))
    await expect(world.publish([bomb], { isCompressed: true })).rejects.toThrow(/larger than the max message size/)
    await world.publish([good(100)], { isCompressed: true })
    expectGood(100)
    await arrived()
  })

  it('headers that only Hooklane writes change nothing: the body counts', async () => {
    const forged = {
      'hooklane-app': 'app_other',
      'hooklane-delivery': 'msg_forged',
      'hooklane-sequence': '9000',
      'hooklane-position': 'zzz',
      'hooklane-producer': 'somebody-else',
      'hooklane-kind': 'gap',
    }
    await world.publish([keyed(text(101), { headers: { ...forged, ...schema('event/1').headers } }), good(102)])
    expectGood(101, 102)
    await arrived()
    const delivery = world.deliveredTo('app_p').at(-2)
    expect(delivery?.headers).toMatchObject({ kind: 'delivery', position: '0000000101' })
    expect(delivery?.headers.deliveryId).not.toBe('msg_forged')
  })

  it('events of a transaction that was given up are neither delivered nor put into quarantine', async () => {
    const before = world.quarantined().length
    await world.publishAndAbort([good(103), keyed('hello'), good(104)])
    await world.publish([good(105)])
    expectGood(105)
    await arrived()
    expect(world.quarantined()).toHaveLength(before)
  })

  it('the same id again is dropped and counted, whatever it says the second time', async () => {
    const quarantined = world.quarantined().length
    const copies = await router.metric('router_copies_total')
    await world.publish([good(106), good(106), keyed(text(106, { data: { other: true } })), good(10), good(107)])
    expectGood(106, 107)
    await arrived()
    expect(await router.metric('router_copies_total')).toBe(copies + 3)
    expect(world.quarantined()).toHaveLength(quarantined)
  })

  it('a position that goes back, or stands still, is put into quarantine with an alarm and never sent late', async () => {
    const late = upstreamEvent(COMPANY, 400)
    const equal = upstreamEvent(COMPANY, 500, { id: 'evt_other' })
    const otherProducer = upstreamEvent(COMPANY, 300, { producer: 'stock' })
    await world.publish([good(500), ...[late, equal, otherProducer].map(messageOf), good(500), good(501)])
    expectGood(500, 300, 501)
    await arrived()
    const kept = world.quarantined().filter((one) => one.reason === 'out_of_order')
    expect(kept.map((one) => String(one.value))).toEqual([JSON.stringify(late), JSON.stringify(equal)])
    expect(await router.metric('quarantined_total', 'reason="out_of_order"')).toBe(2)
    await eventually(() => {
      const alarms = router.lines().filter((line) => line.alarm === 'quarantined')
      expect(alarms).toContainEqual(expect.objectContaining({ reason: 'out_of_order', from: world.topics.events }))
    })
  })

  it('is told by the router, by reason and place, and an unknown company by its name', async () => {
    const skipped = await router.skipped()
    expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBe(world.quarantined().length)
    expect(skipped).toContainEqual(
      expect.objectContaining({ from: world.topics.events, what: 'cmp_nobody', reason: 'unknown_company', count: 1 }),
    )
    expect(skipped).toContainEqual(
      expect.objectContaining({
        reason: 'schema',
        lastKey: expect.stringMatching(/^partition \d offset \d+, key cmp_p, \//),
      }),
    )
  })

  it('none of it made the router start over', async () => {
    expect(router.hasExited).toBe(false)
    expect(await router.metric('router_acquire_seconds_count')).toBe(6)
    expect(await router.metric('router_transactions_total', 'outcome="failed"')).toBe(0)
    expect(await router.metric('router_transactions_total', 'outcome="fenced"')).toBe(0)
  })
})

const bufferOf = (value: Buffer | string | null | undefined): Buffer | null =>
  value === null || value === undefined ? null : Buffer.from(value)

const same = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b))
