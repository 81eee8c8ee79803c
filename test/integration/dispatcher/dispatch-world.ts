import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { HEADER } from '@hooklane/contracts/public'
import {
  coreTopics,
  decodeQuarantined,
  encodeDeliveryHeaders,
  encodeStreamEndHeaders,
  workerGroupTopics,
  type AttemptRecord,
  type DeadLetterRecord,
  type QuarantinedRecord,
  type SettlementRecord,
} from '@hooklane/contracts/records'
import { createSealer } from '@hooklane/core/secrets'
import { newSigningSecret } from '@hooklane/core/delivery'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { insertWorkerGroup } from '@hooklane/postgres'
import { eventually, LocalReceiver, type ReceivedRequest } from '@hooklane/testing'
import { createTestDatabase, type TestDatabase } from '../postgres/test-database.js'
import { KafkaWorld } from '../support/kafka-world.js'
import { ServiceProcess } from '../support/service-process.js'

const DISPATCHER = fileURLToPath(new URL('../../../dist/dispatcher.js', import.meta.url))
const SHORT_LEASE = fileURLToPath(new URL('short-lease.mjs', import.meta.url))

export const GROUP = 'shared-webhook'
export const PARTITIONS = 3
const COMPANY = 'cmp_1'

/** The part of a request's body that tests check. */
export interface Body {
  readonly id: string
  readonly order: {
    readonly epoch: number
    readonly sequence: number
    readonly previous: number
    readonly skipped: readonly { readonly sequence: number; readonly status: string; readonly reason: string }[]
  }
}

/** Where a delivery is published. Default: partition 0 of the shared group, in the first epoch of the app's stream. */
export interface DeliveryOverrides {
  readonly partition?: number
  readonly subscriptionVersion?: bigint
  readonly group?: string
  readonly epoch?: number
}

export interface DeliveryPolicyOverrides {
  readonly retry?: object
  readonly onRejected?: string
  readonly onUnreachable?: string
  readonly timeoutMs?: number
}

/** A time limit of attempts that fits into a short lease (`startWithShortLease`). With a longer limit, no attempt would be started. */
export const SHORT_TIMEOUT = { timeoutMs: 5_000 } as const

/**
 * Everything around a dispatcher: its own topics and database, and a receiver. The test takes the place of the router, and publishes the
 * configuration itself. The subscription of an app is `sub_<app>`, its path at the receiver `/<app>`, its deliveries
 * `msg_<app>_<sequence>`. Ids of subscriptions are never used again: once an app has been deleted and created again, its subscription is
 * `sub_<app>_2`.
 */
export class DispatchWorld {
  readonly #secretsKey = randomBytes(32)
  readonly #dispatchers: ServiceProcess[] = []
  readonly #versions = new Map<string, bigint>()
  readonly #next = new Map<string, number>()
  readonly #deletions = new Map<string, number>()
  #version = 0

  private constructor(
    readonly database: TestDatabase,
    readonly kafka: KafkaWorld,
    readonly receiver: LocalReceiver,
  ) {}

  static async create(): Promise<DispatchWorld> {
    const group = { name: GROUP, partitions: PARTITIONS, slots: 2 }
    const [database, kafka, receiver] = await Promise.all([
      createTestDatabase('dispatch'),
      KafkaWorld.create(
        'dp',
        (topics) => [...coreTopics(topics, 'dev'), ...workerGroupTopics(topics, group)],
        (topics) => [topics.attempts, topics.deadLetters, topics.quarantine],
      ),
      LocalReceiver.start(),
    ])
    const world = new DispatchWorld(database, kafka, receiver)
    await insertWorkerGroup({ query: (sql, values) => database.query(sql, values) }, group)
    await world.configure('workerGroup', GROUP, group)
    await world.configure('company', COMPANY, { id: COMPANY, name: 'First' })
    return world
  }

  // — configuration —

  /** Publishes a configuration row, as event-producer does when the row changes. A null `body` publishes the deletion of the row. */
  async configure(kind: string, id: string, body: object | null): Promise<bigint> {
    const version = BigInt(++this.#version)
    this.#versions.set(id, version)
    const headers = { [HEADER.schema]: `${kind}/1`, [HEADER.version]: String(version) }
    await this.kafka.producer.publish({
      topic: this.kafka.topics.subscriptions,
      key: `${kind}:${id}`,
      value: body === null ? null : JSON.stringify(body),
      headers,
    })
    return version
  }

  /** Configures an app with one subscription, whose target is the path of the app. */
  async app(id: string, policy: DeliveryPolicyOverrides = {}, overrides: object = {}): Promise<void> {
    const worker = { mode: 'shared' }
    const app = { id, companyId: COMPANY, name: id, type: 'webhook', enabled: true, worker, workerGroup: GROUP }
    await this.configure('app', id, { ...app, routeVersion: 0 })
    await this.subscription(id, policy, overrides)
  }

  /** Configures the app's subscription. Returns the version of its configuration. */
  async subscription(app: string, policy: DeliveryPolicyOverrides = {}, overrides: object = {}): Promise<bigint> {
    const id = this.#subscriptionOf(app)
    return this.configure('subscription', id, {
      id,
      companyId: COMPANY,
      appId: app,
      name: id,
      enabled: true,
      target: { url: this.receiver.url(`/${app}`), method: 'POST', headers: [] },
      events: ['*'],
      workflow: { id: `wf_${app}`, name: app },
      payload: { type: 'json', mode: 'full', version: '1' },
      delivery: {
        success: '2xx',
        // Far more than a receiver needs, even on a slow machine, so that no attempt times out and is repeated.
        timeoutMs: 15_000,
        retry: { attempts: 3, intervalMs: 300, jitter: 0, on: 'any' },
        onRejected: 'deadLetter',
        onUnreachable: 'block',
        ...policy,
      },
      secrets: [{ sealed: this.seal(newSigningSecret(), `${COMPANY}/${id}/secret`), validUntil: null }],
      ...overrides,
    })
  }

  seal(plaintext: string, scope: string): string {
    return createSealer([this.#secretsKey]).seal(plaintext, scope)
  }

  // — deliveries —

  /** Publishes the app's next `count` deliveries in one batch, as the router does. */
  async deliver(app: string, count: number, overrides: DeliveryOverrides = {}): Promise<void> {
    await this.kafka.producer.publishAll(Array.from({ length: count }, () => this.record(app, overrides)))
  }

  /** The record of the app's next delivery, in partition 0 by default. */
  record(app: string, overrides: DeliveryOverrides = {}): OutgoingRecord {
    const { group = GROUP, epoch = 1 } = overrides
    const sequence = (this.#next.get(app) ?? 0) + 1
    this.#next.set(app, sequence)
    const subscriptionId = this.#subscriptionOf(app)
    const event = {
      id: `evt_${app}_${sequence}`,
      producer: 'test',
      type: 'products.updated',
      companyId: COMPANY,
      entity: { type: 'product', id: `prd_${sequence}` },
      occurredAt: new Date().toISOString(),
      revision: { id: String(sequence).padStart(10, '0'), operation: 'update' },
      data: { sequence },
    }
    return {
      topic: this.kafka.topics.deliveries(group),
      partition: overrides.partition ?? 0,
      key: app,
      value: JSON.stringify({ ...event, order: { epoch, sequence } }),
      headers: encodeDeliveryHeaders({
        kind: 'delivery',
        deliveryId: `msg_${app}_${sequence}`,
        companyId: COMPANY,
        companyIncarnation: 1,
        sequence: BigInt(sequence),
        position: event.revision.id,
        source: { topic: this.kafka.topics.events, partition: 0, offset: BigInt(sequence) },
        routedAt: new Date().toISOString(),
        streamEpoch: epoch,
        subscriptionId,
        subscriptionVersion: overrides.subscriptionVersion ?? this.#versions.get(subscriptionId) ?? 0n,
        routeVersion: 0,
        streamVersion: 0,
        mode: 'live',
        reason: 'event',
      }),
    }
  }

  /** Deletes the app, as subscription-service, event-producer and router do together. */
  async deleteApp(app: string, { group = GROUP, epoch = 1 }: DeliveryOverrides = {}): Promise<void> {
    await this.database.query(
      `INSERT INTO hooklane.ended_stream (app_id, epoch, company_id, worker_group) VALUES ($1, $2, $3, $4)`,
      [app, epoch, COMPANY, group],
    )
    await this.configure('subscription', this.#subscriptionOf(app), null)
    this.#deletions.set(app, (this.#deletions.get(app) ?? 0) + 1)
    await this.configure('app', app, null)
    const stream = { appId: app, companyId: COMPANY, epoch, workerGroup: group }
    await this.configure('endedStream', `${app}/${epoch}`, stream)
    await this.kafka.producer.publish({
      topic: this.kafka.topics.deliveries(group),
      partition: 0,
      key: app,
      value: null,
      headers: encodeStreamEndHeaders({
        kind: 'ended',
        companyId: COMPANY,
        sequence: BigInt(this.#next.get(app) ?? 0),
        streamEpoch: epoch,
        routedAt: new Date().toISOString(),
      }),
    })
  }

  /** Whether the database records that all deliveries of the app's epoch are settled. */
  async isSettled(app: string, epoch = 1): Promise<boolean> {
    const rows = await this.database.query<{ settled: boolean }>(
      'SELECT settled_at IS NOT NULL AS settled FROM hooklane.ended_stream WHERE app_id = $1 AND epoch = $2',
      [app, epoch],
    )
    return rows[0]?.settled === true
  }

  /** Creates a worker group with a topic of one partition. */
  async dedicatedGroup(name: string): Promise<void> {
    const group = { name, partitions: 1, slots: 0 }
    await this.kafka.makeTopics(workerGroupTopics(this.kafka.topics, group))
    await insertWorkerGroup({ query: (sql, values) => this.database.query(sql, values) }, group)
    await this.configure('workerGroup', name, group)
  }

  // — outcomes —

  /** The bodies of the requests to the app's path, in the order of arrival. */
  bodies(app: string): Body[] {
    return this.receiver.bodiesAt<Body>(`/${app}`)
  }

  sequences(app: string): number[] {
    return this.bodies(app).map((body) => body.order.sequence)
  }

  requests(app: string): readonly ReceivedRequest[] {
    return this.receiver.at(`/${app}`)
  }

  /** Waits until the app's path has received `count` requests. */
  async received(app: string, count: number, withinMs = 45_000): Promise<void> {
    await eventually(
      () => {
        if (this.requests(app).length < count) throw new Error(`${app}: ${this.requests(app).length} of ${count}`)
      },
      { withinMs, everyMs: 5 },
    )
  }

  /** The records of attempts and settlements of the app, in the order of the log. */
  attempts(app: string): (AttemptRecord | SettlementRecord)[] {
    return this.#values(this.kafka.topics.attempts, app)
  }

  deadLetters(app: string): DeadLetterRecord[] {
    return this.#values(this.kafka.topics.deadLetters, app)
  }

  quarantined(): QuarantinedRecord[] {
    return this.kafka.records(this.kafka.topics.quarantine).map((record) => {
      const decoded = decodeQuarantined(record.value, record.headers)
      if (!decoded) throw new Error('a record of the quarantine topic cannot be decoded')
      return decoded
    })
  }

  async owners(): Promise<(string | null)[]> {
    const rows = await this.database.query<{ owner: string | null }>(
      'SELECT owner FROM hooklane.partition_owner ORDER BY partition',
    )
    return rows.map((row) => row.owner)
  }

  // — processes —

  async start(env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    return this.spawn(DISPATCHER, env).ready()
  }

  /**
   * Starts a dispatcher that the test is going to kill or freeze. Its leases last 12 s, so that its successor does not wait long until they
   * expire. Attempts of `SHORT_TIMEOUT` fit into these leases. `start` starts the successor, whose leases have the usual length, so that
   * they do not expire on a slow machine.
   */
  async startWithShortLease(env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    return this.spawn(SHORT_LEASE, { TEST_LEASE_TTL_MS: '12000', ...env }).ready()
  }

  spawn(entry: string, env: NodeJS.ProcessEnv = {}): ServiceProcess {
    const dispatcher = new ServiceProcess(`dispatcher ${this.#dispatchers.length + 1}`, entry, {
      KAFKA_BROKERS: this.kafka.brokers.join(','),
      TOPIC_PREFIX: this.kafka.prefix,
      DATABASE_URL: this.database.url,
      SECRETS_KEY: this.#secretsKey.toString('base64'),
      ALLOW_TARGETS: '127.0.0.0/8',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      KAFKA_HEARTBEAT_INTERVAL_MS: '500',
      INLINE_WINDOW_MS: '100',
      DEADLINE_MARGIN_MS: '200',
      ...env,
    })
    this.#dispatchers.push(dispatcher)
    return dispatcher
  }

  /** Ends all dispatchers that are still running. After SIGTERM, their leases are released. */
  async endAll(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.end(signal)))
    this.#dispatchers.length = 0
  }

  async close(): Promise<void> {
    await this.endAll()
    await Promise.all([this.kafka.close(), this.receiver.close()])
    await this.database.drop()
  }

  #subscriptionOf(app: string): string {
    const deletions = this.#deletions.get(app) ?? 0
    return deletions === 0 ? `sub_${app}` : `sub_${app}_${deletions + 1}`
  }

  #values<R>(topic: string, app: string): R[] {
    const records = this.kafka.records(topic).filter((record) => String(record.key) === app)
    return records.map((record) => JSON.parse(String(record.value)) as R)
  }
}
