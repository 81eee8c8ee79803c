import { fileURLToPath } from 'node:url'
import { HEADER } from '@hooklane/contracts/public'
import {
  coreTopics,
  decodeDeliveryHeaders,
  decodeQuarantined,
  decodeStreamEndHeaders,
  isStreamEnd,
  workerGroupTopics,
  type ConfigurationKind,
  type DeliveryHeaders,
  type QuarantinedRecord,
  type TopicNames,
} from '@hooklane/contracts/records'
import type { LogRecord } from '@hooklane/core/kernel'
import { partitionOfKey } from '@hooklane/core/kernel'
import { KafkaLogAdmin, TopicAdmin } from '@hooklane/kafka'
import * as testing from '@hooklane/testing'
import type { Message, Producer } from 'kafkajs'
import { KafkaWorld } from '../support/kafka-world.js'
import { ServiceProcess } from '../support/service-process.js'

const ROUTER = fileURLToPath(new URL('../../../dist/router.js', import.meta.url))

/**
 * The number that stands for gzip in kafkajs. The constant of kafkajs is not imported, because kafkajs may only be loaded through
 * `@hooklane/kafka`, which patches kafkajs.
 */
const GZIP = 1 as never

export const GROUP = 'shared-webhook'

export interface Delivered {
  readonly appId: string
  readonly headers: DeliveryHeaders
  readonly partition: number
  readonly text: string
  readonly eventId: string
  readonly sequence: number
}

/**
 * Everything around a router, on the shared broker: topics under a random prefix, a configuration, an upstream service, and a reader of the
 * deliveries.
 */
export class RouterWorld {
  readonly #upstream: Producer
  readonly #routers: ServiceProcess[] = []
  readonly #delivered: Delivered[] = []
  #parsed = 0
  #version = 0
  #probes = 0

  private constructor(private readonly log: KafkaWorld) {
    // A producer as an upstream service uses it: with the client's default partitioner, and with none of our code.
    this.#upstream = log.client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  static async create(): Promise<RouterWorld> {
    const log = await KafkaWorld.create(
      'rt',
      (topics) => [
        ...coreTopics(topics, 'dev'),
        ...workerGroupTopics(topics, { name: GROUP, partitions: 3, slots: 2 }),
      ],
      (topics) => [topics.deliveries(GROUP), topics.quarantine],
    )
    const world = new RouterWorld(log)
    await world.#upstream.connect()
    await world.configure('workerGroup', GROUP, { name: GROUP, partitions: 3, slots: 2 })
    return world
  }

  get topics(): TopicNames {
    return this.log.topics
  }

  /** Publishes a configuration row, as event-producer does when the row changes. A null `body` publishes the deletion of the row. */
  async configure(kind: ConfigurationKind, id: string, body: object | null): Promise<void> {
    const headers = { [HEADER.schema]: `${kind}/1`, [HEADER.version]: String(++this.#version) }
    const value = body === null ? null : JSON.stringify(body)
    await this.#upstream.send({
      topic: this.topics.subscriptions,
      messages: [{ key: `${kind}:${id}`, value, headers }],
    })
  }

  async company(id: string, changes: object = {}): Promise<void> {
    await this.configure('company', id, { id, name: id, ...changes })
  }

  /** Publishes the configuration changes that follow when subscription-service deletes an app and its subscription. */
  async deleteApp(
    app: { appId: string; companyId: string; epoch: number; workerGroup?: string },
    subscription: string,
  ) {
    await this.configure('subscription', subscription, null)
    await this.configure('app', app.appId, null)
    await this.configure('endedStream', `${app.appId}/${app.epoch}`, { workerGroup: GROUP, ...app })
  }

  /** Creates a worker group with a topic of one partition. */
  async dedicatedGroup(name: string): Promise<void> {
    const group = { name, partitions: 1, slots: 0 }
    await this.log.makeTopics(workerGroupTopics(this.topics, group))
    await this.configure('workerGroup', name, group)
  }

  deleteTopic(group: string): Promise<void> {
    return new TopicAdmin(this.log.client).deleteTopics([this.topics.deliveries(group)])
  }

  /** The offset that the next event of the company will have. */
  async eventsEnd(companyId: string): Promise<bigint> {
    const offsets = await new KafkaLogAdmin(this.log.client).offsets(this.topics.events)
    const partition = partitionOfKey(Buffer.from(companyId), offsets.length)
    return offsets.find((one) => one.partition === partition)?.high ?? 0n
  }

  async app(id: string, companyId: string, changes: object = {}): Promise<void> {
    const worker = { mode: 'shared' }
    const app = { id, companyId, name: id, type: 'webhook', enabled: true, worker, workerGroup: GROUP, routeVersion: 0 }
    await this.configure('app', id, { ...app, ...changes })
  }

  async subscription(id: string, companyId: string, appId: string, changes: object = {}): Promise<void> {
    await this.configure('subscription', id, {
      id,
      companyId,
      appId,
      name: id,
      enabled: true,
      target: { url: 'http://127.0.0.1:9/', method: 'POST', headers: [] },
      events: ['*'],
      workflow: { id: `wf_${id}`, name: id },
      payload: { type: 'json', mode: 'full', version: '1' },
      delivery: {
        success: '2xx',
        timeoutMs: 15_000,
        retry: { attempts: 3, intervalMs: 1000, jitter: 0, on: 'any' },
        onRejected: 'deadLetter',
        onUnreachable: 'block',
      },
      secrets: [{ sealed: 'x', validUntil: null }],
      ...changes,
    })
  }

  /**
   * Waits until the only running router has read all configuration that was published so far. Configures a probe app, and waits for a
   * delivery to it: the router reads the configuration topic in order, so it has then read everything before the probe.
   */
  async configurationRead(): Promise<void> {
    const probe = `probe_${++this.#probes}`
    await this.company(probe)
    await this.app(`app_${probe}`, probe)
    await this.subscription(`sub_${probe}`, probe, `app_${probe}`)
    let n = 0
    await eventually(async () => {
      await this.publish([messageOf(upstreamEvent(probe, ++n))])
      if (this.deliveredTo(`app_${probe}`).length === 0) throw new Error('the router has not read the configuration')
    })
  }

  /** Publishes to `events`, as an upstream service does. A message without a partition goes to the partition of its key. */
  async publish(messages: readonly Message[], { isCompressed = false } = {}): Promise<void> {
    const how = isCompressed ? { compression: GZIP } : {}
    for (let at = 0; at < messages.length; at += 500)
      await this.#upstream.send({ topic: this.topics.events, messages: messages.slice(at, at + 500), ...how })
  }

  /** Publishes in a Kafka transaction and aborts it, as a service with transactions may do. */
  async publishAndAbort(messages: readonly Message[]): Promise<void> {
    const transactionalId = `${this.log.prefix}upstream`
    const producer = this.log.client.kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: this.topics.events, messages: [...messages] })
    await transaction.abort()
    await producer.disconnect()
  }

  startRouter(env: NodeJS.ProcessEnv = {}): ServiceProcess {
    const router = new ServiceProcess(`router ${this.#routers.length + 1}`, ROUTER, {
      KAFKA_BROKERS: this.log.brokers.join(','),
      TOPIC_PREFIX: this.log.prefix,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      KAFKA_HEARTBEAT_INTERVAL_MS: '500',
      ...env,
    })
    this.#routers.push(router)
    return router
  }

  /** All committed deliveries so far. The deliveries of one app are in the order of their partition. */
  delivered(): readonly Delivered[] {
    const records = this.log.records(this.topics.deliveries(GROUP))
    // Decodes only new records: tests poll often, while the log grows.
    for (; this.#parsed < records.length; this.#parsed++) {
      const record = records[this.#parsed]
      if (record && !isStreamEnd(record.headers)) this.#delivered.push(toDelivered(record))
    }
    return this.#delivered
  }

  deliveredTo(appId: string): Delivered[] {
    return this.delivered().filter((one) => one.appId === appId)
  }

  /** The deliveries and stream ends of an app in order, as `epoch/sequence` or `epoch/end at sequence`. */
  streamOf(appId: string): string[] {
    const records = this.log.records(this.topics.deliveries(GROUP)).filter(({ key }) => String(key) === appId)
    return records.map((record) => {
      const end = decodeStreamEndHeaders(record.headers)
      if (end.ok) return `${end.value.streamEpoch}/end at ${end.value.sequence}`
      const { headers } = toDelivered(record)
      return `${headers.streamEpoch}/${headers.sequence}`
    })
  }

  quarantined(): QuarantinedRecord[] {
    return this.log.records(this.topics.quarantine).map((record) => {
      const decoded = decodeQuarantined(record.value, record.headers)
      if (!decoded) throw new Error('a record of the quarantine topic cannot be decoded')
      return decoded
    })
  }

  /** Deletes all records of a partition of `events`, as retention does. */
  async expireEvents(partition: number): Promise<void> {
    const admin = this.log.client.kafka.admin()
    await admin.connect()
    // Order matters: this call makes the client load the partition leaders of the topic, which the next call needs.
    await admin.fetchTopicOffsets(this.topics.events)
    await admin.deleteTopicRecords({ topic: this.topics.events, partitions: [{ partition, offset: '-1' }] })
    await admin.disconnect()
  }

  /** Deletes the router's consumer group with its committed offsets. Retries while the broker refuses, because the group has members. */
  async deleteRouterGroup(): Promise<void> {
    const admin = this.log.client.kafka.admin()
    await admin.connect()
    await eventually(() => admin.deleteGroups([this.topics.group('router')]).then(() => undefined))
    await admin.disconnect()
  }

  async close(): Promise<void> {
    await Promise.all(this.#routers.map((router) => router.end('SIGKILL')))
    await this.#upstream.disconnect()
    await this.log.close()
  }
}

/** The number of partitions that the process has acquired. */
export const acquiredBy = (router: ServiceProcess): Promise<number> =>
  router.metric('router_partitions', 'state="acquired"')

function toDelivered(record: LogRecord): Delivered {
  const decoded = decodeDeliveryHeaders(record.headers)
  if (!decoded.ok) throw new Error(decoded.reason)
  const text = String(record.value)
  const { id, order } = JSON.parse(text) as { id: string; order: { sequence: number } }
  const { sequence } = order
  return { appId: String(record.key), headers: decoded.value, partition: record.partition, text, eventId: id, sequence }
}

export const eventually = (holds: () => void | Promise<void>, withinMs = 45_000): Promise<void> =>
  testing.eventually(holds, { withinMs })

/** An event as the contract describes it. `n` determines its position and ids. */
export function upstreamEvent(
  companyId: string,
  n: number,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id: `evt_${companyId}_${n}`,
    producer: 'shop',
    type: 'products.updated',
    companyId,
    entity: { type: 'product', id: `prd_${n}` },
    occurredAt: '2026-03-02T08:15:04.190Z',
    revision: { id: String(n).padStart(10, '0'), operation: 'update' },
    data: { n },
    ...changes,
  }
}

export const messageOf = (event: Record<string, unknown>): Message => ({
  key: String(event.companyId),
  value: JSON.stringify(event),
})

/** Throws unless the deliveries have the sequences 1, 2, 3 … in the order of the log. */
export function assertDense(delivered: readonly Delivered[]): void {
  delivered.forEach((one, index) => {
    if (one.sequence !== index + 1 || one.headers.sequence !== BigInt(index + 1))
      throw new Error(`${one.appId}: delivery ${index + 1} of the log has sequence ${one.sequence} (${one.eventId})`)
  })
}
