import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { partitionOfKey } from '@hooklane/core'
import type { Message } from 'kafkajs'
import { assertDense, eventually, messageOf, RouterWorld, upstreamEvent } from './router-world.js'

jest.setTimeout(90_000)

const COMPANY = 'cmp_p'
const PARTITION = partitionOfKey(Buffer.from(COMPANY), 6)
const text = (n: number, changes: Record<string, unknown> = {}) => JSON.stringify(upstreamEvent(COMPANY, n, changes))
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

/** What stands between good events, each with the reason under which it must be found. */
const POISON: readonly [string, Message, string][] = [
  ['a tombstone', { key: COMPANY, value: null }, 'no_value'],
  ['no bytes', { key: COMPANY, value: Buffer.alloc(0) }, 'empty'],
  ['text', { key: COMPANY, value: 'hello' }, 'invalid_json'],
  ['a truncated event', { key: COMPANY, value: text(1).slice(0, 60) }, 'invalid_json'],
  ['an array', { key: COMPANY, value: '[]' }, 'schema:/'],
  ['null', { key: COMPANY, value: 'null' }, 'schema:/'],
  ['an event without a type', { key: COMPANY, value: text(1, { type: undefined }) }, 'schema:/type'],
  ['an event with a number as id', { key: COMPANY, value: text(1, { id: 7 }) }, 'schema:/id'],
  [
    'an unknown operation',
    { key: COMPANY, value: text(1, { revision: { id: '1', operation: 'upsert' } }) },
    'schema:/revision',
  ],
  ['a byte order mark', { key: COMPANY, value: bytes([0xef, 0xbb, 0xbf], text(1)) }, 'byte_order_mark'],
  ['invalid UTF-8', { key: COMPANY, value: bytes('{"id":"', [0xc3, 0x28], '"}') }, 'invalid_utf8'],
  ['a lone surrogate in bytes', { key: COMPANY, value: bytes('{"id":"', [0xed, 0xa0, 0x80], '"}') }, 'invalid_utf8'],
  ['gzip', { key: COMPANY, value: bytes([0x1f, 0x8b, 0x08, 0x00, 0xff]) }, 'invalid_utf8'],
  ['more than 512 KiB', { key: COMPANY, value: text(1, { data: { text: 'x'.repeat(600_000) } }) }, 'too_large'],
  [
    'deep nesting',
    {
      key: COMPANY,
      value: text(1, { data: { a: 0 } }).replace('{"a":0}', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
    },
    'too_deep',
  ],
  ['a later version', { key: COMPANY, value: text(1), headers: { 'hooklane-schema': 'event/9' } }, 'unknown_schema'],
  ['a forged header', { key: COMPANY, value: text(1), headers: { 'hooklane-schema': 'delivery/1' } }, 'unknown_schema'],
  ['no key', { key: null, value: text(1), partition: PARTITION }, 'wrong_key'],
  ['an empty key', { key: '', value: text(1), partition: PARTITION }, 'wrong_key'],
  ['another company’s key', { key: 'cmp_q', value: text(1), partition: PARTITION }, 'wrong_key'],
  ['another partition', { key: COMPANY, value: text(1), partition: (PARTITION + 1) % 6 }, 'wrong_partition'],
  ['an unknown company', messageOf(upstreamEvent('cmp_nobody', 1)), 'unknown_company'],
  [
    'too many echoes',
    {
      key: COMPANY,
      value: text(1_000_000_000 - 1, {
        producer: 'echo',
        revision: { id: '1', operation: 'update', source: { hops: 4 } },
      }),
    },
    'hops',
  ],
]

describe('poison on the topic events', () => {
  let world: RouterWorld
  beforeAll(async () => {
    world = await RouterWorld.create()
    await world.company(COMPANY)
    await world.app('app_p', COMPANY)
    await world.subscription('sub_p', COMPANY, 'app_p')
    await world.startRouter().ready()
  })
  afterAll(async () => world.close())

  it('stops nothing: every good event between is delivered in order, every bad one is kept with its bytes and reason', async () => {
    const log: Message[] = []
    POISON.forEach(([, poison], index) => log.push(messageOf(upstreamEvent(COMPANY, 10 + index)), poison))
    log.push(messageOf(upstreamEvent(COMPANY, 10 + POISON.length)))
    for (const message of log) await world.publish([message])
    await eventually(() => {
      expect(world.deliveredTo('app_p')).toHaveLength(POISON.length + 1)
      expect(world.quarantined()).toHaveLength(POISON.length)
    })
    const delivered = world.deliveredTo('app_p')
    assertDense(delivered)
    expect(delivered.map((one) => one.eventId)).toEqual(
      Array.from({ length: POISON.length + 1 }, (_, n) => `evt_${COMPANY}_${10 + n}`),
    )
    const rest = world.quarantined()
    for (const [what, poison, reason] of POISON) {
      const value = poison.value === null ? null : Buffer.from(poison.value)
      const key = poison.key === null || poison.key === undefined ? null : Buffer.from(poison.key)
      const at = rest.findIndex((one) => one.reason === reason && same(one.value, value) && same(one.key, key))
      if (at < 0)
        throw new Error(`${what} is not in quarantine as ${reason}; left: ${rest.map((one) => one.reason).join(', ')}`)
      const [found] = rest.splice(at, 1)
      expect(found?.origin.topic).toBe(world.topics.events)
      expect(found?.service).toBe('router')
    }
  })

  it('an unseen event that is not above its producer’s last position is quarantined, and nothing goes out late', async () => {
    const before = world.deliveredTo('app_p').length
    const ahead = upstreamEvent(COMPANY, 500)
    const late = upstreamEvent(COMPANY, 400)
    const equal = upstreamEvent(COMPANY, 500, { id: 'evt_other' })
    await world.publish([ahead, late, equal, ahead, upstreamEvent(COMPANY, 501)].map(messageOf))
    await eventually(() => expect(world.deliveredTo('app_p')).toHaveLength(before + 2))
    expect(
      world
        .deliveredTo('app_p')
        .slice(-2)
        .map((one) => one.eventId),
    ).toEqual(['evt_cmp_p_500', 'evt_cmp_p_501'])
    const late2 = world.quarantined().filter((one) => one.reason === 'out_of_order')
    expect(late2.map((one) => String(one.value))).toEqual([JSON.stringify(late), JSON.stringify(equal)])
  })
})

const same = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b))
