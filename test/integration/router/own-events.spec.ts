import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { buildResyncEvent } from '@hooklane/core/capture'
import { webhookId, partitionOfKey } from '@hooklane/core/kernel'
import { assertDense, eventually, messageOf, RouterWorld, upstreamEvent, type Delivered } from './router-world.js'

const COMPANY = 'cmp_resync'

const resync = (n: number, changes: object = {}): Record<string, unknown> => ({
  ...buildResyncEvent({
    producer: 'shop',
    companyId: COMPANY,
    position: String(n).padStart(10, '0'),
    occurredAt: '2026-03-02T08:15:04.190Z',
    from: null,
    to: String(n).padStart(10, '0'),
    reason: 'truncated',
    resources: ['products'],
  }),
  ...changes,
})

/** `<sequence> <event type> for <subscription>` */
const shown = (delivered: readonly Delivered[]): string[] =>
  delivered.map(({ sequence, text, headers }) => {
    const { type } = JSON.parse(text) as { type: string }
    return `${sequence} ${type} for ${headers.subscriptionId}`
  })

describe('own events on a real broker', () => {
  let world: RouterWorld

  beforeAll(async () => {
    world = await RouterWorld.create()
    await world.company(COMPANY)
    await world.app('app_a', COMPANY)
    await world.app('app_b', COMPANY)
    await world.app('app_off', COMPANY, { enabled: false })
    await world.subscription('sub_a1', COMPANY, 'app_a', { events: ['products.*'] })
    await world.subscription('sub_a2', COMPANY, 'app_a', { events: ['brands.updated'] })
    await world.subscription('sub_a3', COMPANY, 'app_a', { enabled: false })
    await world.subscription('sub_b1', COMPANY, 'app_b', { events: ['orders.created'] })
    await world.subscription('sub_off', COMPANY, 'app_off')
    await world.company('cmp_other')
    await world.app('app_other', 'cmp_other')
    await world.subscription('sub_other', 'cmp_other', 'app_other')
  })
  afterAll(async () => world.close())

  it('are delivered once to every enabled subscription of their company, between the changes where they stood', async () => {
    const router = await world.startRouter().ready()
    const announced = resync(2)
    const log = [upstreamEvent(COMPANY, 1), announced, upstreamEvent(COMPANY, 3), announced]
    await world.publish([...log, upstreamEvent(COMPANY, 1), announced, upstreamEvent(COMPANY, 4)].map(messageOf))
    await eventually(() => {
      expect(shown(world.deliveredTo('app_a'))).toEqual([
        '1 products.updated for sub_a1',
        '2 resync.required for sub_a1',
        '3 resync.required for sub_a2',
        '4 products.updated for sub_a1',
        '5 products.updated for sub_a1',
      ])
      expect(shown(world.deliveredTo('app_b'))).toEqual(['1 resync.required for sub_b1'])
    })
    for (const app of ['app_off', 'app_other']) expect(world.deliveredTo(app)).toEqual([])
    const [, , toSecond] = world.deliveredTo('app_a')
    expect(toSecond?.headers.deliveryId).toBe(webhookId(String(announced.id), 'sub_a2'))
    expect(JSON.parse(toSecond?.text ?? '')).toEqual({
      ...announced,
      entity: { type: 'subscription', id: 'sub_a2', key: null, url: null },
      order: { epoch: 1, sequence: 3 },
    })
    expect(await router.metric('router_copies_total')).toBe(3)
    expect(world.quarantined()).toEqual([])
    expect(await router.end('SIGTERM')).toBe(0)
  })

  it('are made by the router when events expired before it came to them: once, and before what is left', async () => {
    const before = { a: world.deliveredTo('app_a').length, b: world.deliveredTo('app_b').length }
    await world.publish([5, 6, 7].map((n) => messageOf(upstreamEvent(COMPANY, n))))
    await world.expireEvents(partitionOfKey(Buffer.from(COMPANY), 6))
    await world.publish([8, 9].map((n) => messageOf(upstreamEvent(COMPANY, n))))

    const first = await world.startRouter().ready()
    const expected = [
      '6 resync.required for sub_a1',
      '7 resync.required for sub_a2',
      '8 products.updated for sub_a1',
      '9 products.updated for sub_a1',
    ]
    await eventually(() => {
      expect(shown(world.deliveredTo('app_a').slice(before.a))).toEqual(expected)
      expect(shown(world.deliveredTo('app_b').slice(before.b))).toEqual(['2 resync.required for sub_b1'])
    })
    const { text } = world.deliveredTo('app_b').at(-1)!
    expect(JSON.parse(text)).toMatchObject({
      producer: 'hooklane',
      data: { producer: null, from: null, to: null, reason: 'retention', resources: [] },
    })
    expect(await first.metric('router_incidents_total', 'kind="events_expired"')).toBe(1)
    await first.end('SIGKILL')

    const second = await world.startRouter().ready()
    await world.publish([messageOf(upstreamEvent(COMPANY, 10))])
    await eventually(() => {
      const [last] = world.deliveredTo('app_a').slice(-1)
      expect(shown([last!])).toEqual(['10 products.updated for sub_a1'])
    })
    assertDense(world.deliveredTo('app_a'))
    assertDense(world.deliveredTo('app_b'))
    expect(await second.metric('router_incidents_total', 'kind="events_expired"')).toBe(0)
  })
})
