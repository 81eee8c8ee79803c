import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { HEADER } from '@hooklane/contracts/public'
import { topicNames } from '@hooklane/contracts/records'
import { createKafkaClient, SingleFlightProducer } from '@hooklane/kafka'
import { eventually, LocalReceiver, encodingsOf, type ReceivedRequest, type ScriptedAnswer } from '@hooklane/testing'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { everythingWritten } from './support/everything-written.js'
import { LocalSystem } from './support/local-system.js'

const HOME = join(process.env.HOOKLANE_HOME ?? '.hooklane', `secrets-${process.pid}`)
const COMPANY = 'cmp_secrets'
const APP = 'app_secrets'

/** One secret for each place where a subscription can hold one. Two of them have characters that each encoding writes differently. */
const CANARIES = {
  sealed: 'CANARY/sealed"header+4711',
  authorization: 'CANARY-authorization-4711',
  apiKey: 'CANARY-api-key-4711',
  password: 'CANARY-password-4711',
  parameter: 'CANARY parameter&4711',
  path: 'CANARY-path-4711',
}

/** Repeats everything that the receiver was sent, in every encoding. */
function echo({ headers, path }: ReceivedRequest): ScriptedAnswer {
  const sent = JSON.stringify({ headers, url: path, ...CANARIES })
  const base64 = Buffer.from(sent).toString('base64')
  const rest = Object.values(CANARIES).flatMap(encodingsOf).join('\n')
  return {
    kind: 'status',
    status: 500,
    headers: {
      'x-echo': String(headers['x-mine']),
      location: `http://127.0.0.1${path}?key=${encodeURIComponent(CANARIES.parameter)}`,
    },
    body: `${rest}\n${encodeURIComponent(JSON.stringify(CANARIES))}\n${sent}\n${base64}`,
  }
}

interface Delivery {
  readonly id: string
  readonly status: string
  readonly attempts: number
}

describe('secrets of a subscription', () => {
  let system: LocalSystem
  let receiver: LocalReceiver
  beforeAll(async () => {
    receiver = await LocalReceiver.start()
    system = await LocalSystem.start({ home: HOME, args: ['--no-sample'] })
  })
  afterAll(async () => {
    await system.stop()
    await receiver.close()
    await rm(HOME, { recursive: true, force: true })
  })

  const call = <T>(method: string, path: string, body?: unknown) => system.call<T>(method, path, body, COMPANY)

  async function subscribe(): Promise<{ id: string; secret: string }> {
    await system.call('PUT', `/v1/companies/${COMPANY}`, { name: 'Secrets' })
    await call('PUT', `/v1/apps/${APP}`, { name: 'Echo', type: 'echo' })
    const url = `${receiver.url(`/hooks/${CANARIES.path}`)}?key=${encodeURIComponent(CANARIES.parameter)}`
    const headers = [
      { name: 'X-Mine', value: CANARIES.sealed, secret: true },
      { name: 'Authorization', value: `Bearer ${CANARIES.authorization}` },
      { name: 'X-Api-Key', value: CANARIES.apiKey },
      { name: 'X-Proxy-Auth', value: `Basic ${Buffer.from(`joe:${CANARIES.password}`).toString('base64')}` },
      { name: 'X-Plain', value: 'plain' },
    ]
    const delivery = { retry: { attempts: 2, interval: 'PT1S' }, onUnreachable: 'deadLetter' }
    return call('POST', '/v1/subscriptions', { appId: APP, target: { url, headers }, events: ['products.*'], delivery })
  }

  async function publishEvent(sequence: number): Promise<void> {
    const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
    const client = createKafkaClient({ brokers: [...system.stack.kafkaBrokers], clientId: 'test', logger })
    const producer = new SingleFlightProducer(client)
    const event = {
      id: `evt_secrets_${sequence}`,
      producer: 'secrets',
      type: 'products.updated',
      companyId: COMPANY,
      entity: { type: 'product', id: 'prd_1' },
      occurredAt: new Date().toISOString(),
      revision: { id: String(sequence).padStart(20, '0'), operation: 'update', changes: [] },
      data: { id: 'prd_1' },
    }
    await producer.publish({
      topic: topicNames('hooklane.').events,
      key: COMPANY,
      value: JSON.stringify(event),
      headers: { [HEADER.schema]: 'event/1' },
    })
    await producer.close()
  }

  /** Every API response that shows the subscription or its deliveries, for every kind of key that may read them. */
  async function answers(id: string, deliveryId: string): Promise<string> {
    const keys = await Promise.all(
      [{ role: 'viewer' }, { role: 'owner' }, { appId: APP }].map((body) =>
        call<{ key: string }>('POST', '/v1/api-keys', { name: 'reads', ...body }),
      ),
    )
    const paths = [
      'subscriptions',
      `subscriptions/${id}`,
      'apps',
      'deliveries',
      `deliveries/${deliveryId}`,
      `deliveries/${deliveryId}/attempts`,
    ]
    const read = keys.flatMap(({ key }) =>
      paths.map(async (path) => {
        const answer = await fetch(`${system.stack.apiUrl}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } })
        return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`
      }),
    )
    return (await Promise.all(read)).join('\n')
  }

  it('never appear in a table, a topic, a log, a metric or an API response, however the receiver repeats them', async () => {
    const { id, secret } = await subscribe()
    const rotated = await call<{ secret: string }>('POST', `/v1/subscriptions/${id}/secrets/rotate`)
    receiver.script(`/hooks/${CANARIES.path}`, echo)
    let published = 0
    await eventually(
      async () => {
        if (receiver.requests.length === 0) await publishEvent(++published)
        expect(receiver.requests).not.toEqual([])
      },
      { withinMs: 60_000, everyMs: 1_000 },
    )
    const delivery = await eventually(
      async () => {
        const { data } = await call<{ data: Delivery[] }>('GET', '/v1/deliveries')
        const dead = data.find(({ status, attempts }) => status === 'deadLettered' && attempts === 2)
        if (!dead) throw new Error(`no delivery is dead yet: ${JSON.stringify(data)}`)
        return dead
      },
      { withinMs: 60_000 },
    )
    expect(receiver.requests[0]?.headers).toMatchObject({
      'x-mine': CANARIES.sealed,
      authorization: `Bearer ${CANARIES.authorization}`,
    })

    const written = new Map([...(await everythingWritten(system)), ['answers', await answers(id, delivery.id)]])
    // Proves that the search works: it finds text that is not secret.
    for (const place of [
      'table hooklane.attempt',
      'topic hooklane.attempts',
      'topic hooklane.subscriptions',
      'answers',
    ]) {
      expect([place, written.get(place)?.includes('X-Plain')]).toEqual([place, true])
    }
    const secrets = [...Object.values(CANARIES), 'CANARY', secret.slice(6), rotated.secret.slice(6)]
    const found = [...written].flatMap(([place, text]) =>
      secrets
        .flatMap(encodingsOf)
        .filter((form) => text.includes(form))
        .map((form) => `${place}: ${form}`),
    )
    expect(found).toEqual([])
  })
})

const quiet = (): void => undefined
