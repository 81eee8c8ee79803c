import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { readFile } from 'node:fs/promises'
import { HEADER, SCHEMA } from '@hooklane/contracts/public'
import { buildResyncEvent } from '@hooklane/core/capture'
import { newSigningSecret } from '@hooklane/core/delivery'
import { webhookId } from '@hooklane/core/kernel'
import { eventually, OK, status } from '@hooklane/testing'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Webhook } from 'standardwebhooks'
import { ServiceProcess } from '../support/service-process.js'
import { DispatchWorld } from './dispatch-world.js'

const ROUTER = fileURLToPath(new URL('../../../dist/router.js', import.meta.url))
const REFERENCE = new URL('../../../docs/reference/', import.meta.url)
const COMPANY = 'cmp_1'

const at = (n: number): string => `0001-${String(n).padStart(16, '0')}-00000000`

const change = (n: number) => ({
  id: `evt_${n}`,
  producer: 'pim',
  type: 'products.updated',
  companyId: COMPANY,
  entity: { type: 'product', id: `prd_${n}` },
  occurredAt: '2026-03-02T08:15:04.190Z',
  revision: { id: at(n), operation: 'update' },
  data: { n },
})

const announced = buildResyncEvent({
  producer: 'pim',
  companyId: COMPANY,
  position: at(2),
  occurredAt: '2026-03-02T08:15:04.190Z',
  from: at(1),
  to: at(2),
  reason: 'truncated',
  resources: ['products', 'brands'],
})

const compile = async (file: string) =>
  new Ajv2020({ strict: false }).compile(JSON.parse(await readFile(new URL(file, REFERENCE), 'utf8')) as object)

/** From the topic `events` to the receiver: a router and a dispatcher, both real. */
describe('resync.required', () => {
  const secret = newSigningSecret()
  let world: DispatchWorld
  let router: ServiceProcess

  beforeAll(async () => {
    world = await DispatchWorld.create()
    const retry = { attempts: 5, intervalMs: 100, jitter: 0, on: 'any' }
    const secrets = [{ sealed: world.seal(secret, `${COMPANY}/sub_shop/secret`), validUntil: null }]
    await world.app('shop', { retry }, { events: ['products.*'], secrets })
    await world.app('orders', { retry }, { events: ['orders.created'] })
    await world.app('off', {}, { enabled: false })
    world.receiver.script('/shop', [OK, status(503), status(503), OK])
    router = new ServiceProcess('router', ROUTER, {
      KAFKA_BROKERS: world.kafka.brokers.join(','),
      TOPIC_PREFIX: world.kafka.prefix,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      KAFKA_HEARTBEAT_INTERVAL_MS: '500',
    })
    await Promise.all([router.ready(), world.start()])
    await world.kafka.producer.publishAll(
      [change(1), announced, change(3), announced].map((event) => ({
        topic: world.kafka.topics.events,
        key: COMPANY,
        value: JSON.stringify(event),
        headers: { [HEADER.schema]: SCHEMA.event, [HEADER.position]: event.revision?.id ?? at(2) },
      })),
    )
    await world.received('shop', 5)
    await world.received('orders', 1)
  })
  afterAll(async () => {
    await router.end('SIGKILL')
    await world.close()
  })

  it('comes in its place, is tried again until it is taken, and nothing overtakes it', () => {
    const seen = world.bodies('shop').map((body) => [body.order.sequence, body.id])
    const id = webhookId(announced.id, 'sub_shop')
    expect(seen.map(([sequence]) => sequence)).toEqual([1, 2, 2, 2, 3])
    expect(seen.slice(1, 4).map(([, one]) => one)).toEqual([id, id, id])
    const attempts = world.requests('shop').map(({ headers }) => [headers['pim-sequence'], headers['pim-attempt']])
    expect(attempts.slice(1, 4)).toEqual([
      ['2', '1'],
      ['2', '2'],
      ['2', '3'],
    ])
    expect(world.receiver.overlapsAt('/shop')).toEqual([])
  })

  it('is about the subscription, has no revision, and says what to fetch again', () => {
    const body = world.bodies('shop')[1]
    expect(body).toEqual({
      id: webhookId(announced.id, 'sub_shop'),
      type: 'resync.required',
      timestamp: '2026-03-02T08:15:04.190Z',
      version: '1',
      company: { id: COMPANY, name: 'First' },
      app: { id: 'shop', type: 'webhook', name: 'shop' },
      event: {
        id: announced.id,
        name: 'resync.required',
        resource: 'resync',
        action: 'required',
        schema: expect.stringMatching(/\/schemas\/resync\.required\/1$/),
      },
      workflow: { id: 'wf_shop', name: 'shop', subscriptionId: 'sub_shop', reason: 'event', worker: 'shared' },
      entity: { type: 'subscription', id: 'sub_shop', key: null, url: null },
      revision: null,
      covers: null,
      order: { stream: 'shop', epoch: 1, sequence: 2, previous: 1, skipped: [] },
      batch: null,
      data: { producer: 'pim', from: at(1), to: at(2), reason: 'truncated', resources: ['brands', 'products'] },
    })
    const { headers } = world.requests('shop')[1]!
    expect(headers).toMatchObject({
      'pim-event': 'resync.required',
      'pim-entity': 'subscription/sub_shop',
      'pim-mode': 'live',
      'pim-sequence': '2',
      'pim-previous-sequence': '1',
    })
    expect(headers).not.toHaveProperty('pim-revision')
  })

  it('is signed like any delivery, and fits the published schemas', async () => {
    const [envelope, data] = await Promise.all([
      compile('envelope.schema.json'),
      compile('resync.required.schema.json'),
    ])
    for (const { headers, body } of world.requests('shop').slice(1, 4)) {
      const verified = new Webhook(secret).verify(body.toString('utf8'), headers as Record<string, string>)
      expect([envelope(verified), envelope.errors]).toEqual([true, null])
      const { data: told } = verified as { data: unknown }
      expect([data(told), data.errors]).toEqual([true, null])
    }
  })

  it('reaches a subscription to something else, and none that is disabled', () => {
    const [only] = world.receiver.bodiesAt('/orders')
    expect(only).toMatchObject({
      type: 'resync.required',
      entity: { type: 'subscription', id: 'sub_orders' },
      order: { sequence: 1, previous: 0 },
    })
    expect(world.bodies('orders')).toHaveLength(1)
    expect(world.requests('off')).toEqual([])
  })

  it('stands in the records of the delivery log under its type and its subscription', async () => {
    await eventually(() => expect(world.attempts('shop')).toHaveLength(5), { withinMs: 45_000 })
    expect(world.attempts('shop').slice(1, 4)).toEqual(
      [1, 2, 3].map((attempt) =>
        expect.objectContaining({
          attempt,
          eventType: 'resync.required',
          entity: { type: 'subscription', id: 'sub_shop', key: null, url: null },
          position: null,
          status: attempt === 3 ? 'delivered' : 'retrying',
        }),
      ),
    )
  })
})
