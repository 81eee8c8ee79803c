import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import {
  coreTopics,
  decodeDeliveryHeaders,
  decodeQuarantined,
  HEADER,
  topicNames,
  workerGroupTopics,
  type DeliveryHeaders,
  type QuarantinedRecord,
  type TopicNames,
} from '@hooklane/contracts'
import type { LogRecord } from '@hooklane/core'
import { createKafkaClient, KafkaLogConsumer } from '@hooklane/kafka'
import type { Admin, Kafka, Message, Producer } from 'kafkajs'

const ROUTER = fileURLToPath(new URL('../../../apps/router/dist/main.js', import.meta.url))
const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

export const GROUP = 'shared-webhook'

export interface Delivered {
  readonly appId: string
  readonly headers: DeliveryHeaders
  readonly partition: number
  readonly text: string
  readonly eventId: string
  readonly sequence: number
}

/** A router process, from the outside. */
export class RouterProcess {
  readonly log: string[] = []
  #port = 0

  constructor(
    readonly child: ChildProcess,
    private readonly context: { readonly name: string },
  ) {
    let rest = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line)
    })
    child.stderr?.on('data', (chunk: Buffer) => this.log.push(chunk.toString()))
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Resolves when every partition of the process is acquired. */
  async ready(withinMs = 30_000): Promise<void> {
    await eventually(async () => {
      if (this.hasExited) throw new Error(`${this.context.name} has ended:\n${this.log.join('\n')}`)
      if (this.#port === 0) throw new Error('no port yet')
      const { status, text } = await this.#get('/health/ready')
      if (status !== 200) throw new Error(`not ready: ${text}\n${this.log.slice(-5).join('\n')}`)
    }, withinMs)
  }

  async metric(name: string): Promise<number> {
    const { text } = await this.#get('/metrics')
    return text
      .split('\n')
      .filter((line) => line.startsWith(`hooklane_${name}`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** Partitions that the process holds and has acquired. */
  async acquired(): Promise<number> {
    const { text } = await this.#get('/metrics')
    return Number(/hooklane_router_partitions\{state="acquired".*\} (\d+)/.exec(text)?.[1] ?? 0)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.hasExited) return this.child.exitCode
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    await exited
    return this.child.exitCode
  }

  /** On a connection of its own: a kept one may be closed by the process in the moment it is used again. */
  async #get(path: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
    const request = get({ host: '127.0.0.1', port: this.#port, path, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode, text }
  }

  #take(line: string): void {
    this.log.push(line)
    try {
      const { healthPort } = JSON.parse(line) as { healthPort?: number }
      if (healthPort) this.#port = healthPort
    } catch {
      // Not a line of the structured log: kept as text, for the message of a failing test.
    }
  }
}

/** A system of its own on the shared broker: topics under a random prefix, a configuration, an upstream service, and a reader of what comes out. */
export class RouterWorld {
  readonly topics: TopicNames
  readonly prefix = `rt${randomUUID().slice(0, 8)}.`
  readonly kafka: Kafka
  readonly #brokers: string[]
  readonly #admin: Admin
  readonly #upstream: Producer
  readonly #routers: RouterProcess[] = []
  readonly #records: LogRecord[] = []
  readonly #delivered: Delivered[] = []
  #parsed = 0
  #reader: KafkaLogConsumer | null = null
  #version = 0

  private constructor() {
    this.#brokers = (process.env.KAFKA_BROKERS ?? '').split(',')
    this.topics = topicNames(this.prefix)
    this.kafka = createKafkaClient({ brokers: this.#brokers, clientId: 'upstream', logger: SILENT }).kafka
    this.#admin = this.kafka.admin()
    // As an upstream service has it: the client's default partitioner, its own order, nothing of ours.
    this.#upstream = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  }

  static async create(): Promise<RouterWorld> {
    const world = new RouterWorld()
    await world.#admin.connect()
    await world.#upstream.connect()
    const specs = [
      ...coreTopics(world.topics, 'dev'),
      ...workerGroupTopics(world.topics, { name: GROUP, partitions: 3, slots: 2 }),
    ]
    await world.#admin.createTopics({
      waitForLeaders: true,
      topics: specs.map((spec) => ({
        topic: spec.name,
        numPartitions: spec.partitions,
        configEntries: [{ name: 'cleanup.policy', value: spec.cleanup }],
      })),
    })
    await world.#read()
    await world.configure('workerGroup', GROUP, { name: GROUP, partitions: 3, slots: 2 })
    return world
  }

  /** Writes a row of the configuration as the capture of its table does; null deletes it. */
  async configure(
    kind: 'company' | 'app' | 'subscription' | 'workerGroup',
    id: string,
    body: object | null,
  ): Promise<void> {
    const headers = { [HEADER.schema]: `${kind}/1`, [HEADER.version]: String(++this.#version) }
    const value = body === null ? null : JSON.stringify(body)
    await this.#upstream.send({
      topic: this.topics.subscriptions,
      messages: [{ key: `${kind}:${id}`, value, headers }],
    })
  }

  async company(id: string): Promise<void> {
    await this.configure('company', id, { id, name: id })
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

  /** Publishes to `events` as an upstream service; the key decides the partition unless one is named. */
  async publish(messages: readonly Message[]): Promise<void> {
    for (let at = 0; at < messages.length; at += 500)
      await this.#upstream.send({ topic: this.topics.events, messages: messages.slice(at, at + 500) })
  }

  startRouter(env: NodeJS.ProcessEnv = {}): RouterProcess {
    const child = spawn(process.execPath, [ROUTER], {
      env: {
        PATH: process.env.PATH,
        KAFKA_BROKERS: this.#brokers.join(','),
        TOPIC_PREFIX: this.prefix,
        HEALTH_PORT: '0',
        HEALTH_HOST: '127.0.0.1',
        KAFKA_SESSION_TIMEOUT_MS: '6000',
        KAFKA_HEARTBEAT_INTERVAL_MS: '500',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const router = new RouterProcess(child, { name: `router ${child.pid}` })
    this.#routers.push(router)
    return router
  }

  /** Every committed delivery so far; of one app in the order of its partition. */
  delivered(): readonly Delivered[] {
    // Only what is new is read: tests ask often, while the log grows.
    for (; this.#parsed < this.#records.length; this.#parsed++) {
      const record = this.#records[this.#parsed]
      if (record?.topic === this.topics.deliveries(GROUP)) this.#delivered.push(toDelivered(record))
    }
    return this.#delivered
  }

  deliveredTo(appId: string): Delivered[] {
    return this.delivered().filter((one) => one.appId === appId)
  }

  quarantined(): QuarantinedRecord[] {
    const records = this.#records.filter((record) => record.topic === this.topics.quarantine)
    return records.map((record) => {
      const decoded = decodeQuarantined(record.value, record.headers)
      if (!decoded) throw new Error('a record on the quarantine topic is none')
      return decoded
    })
  }

  /** Forgets the group's commits. The broker refuses while the group has members. */
  async deleteRouterGroup(): Promise<void> {
    await eventually(() => this.#admin.deleteGroups([this.topics.group('router')]).then(() => undefined))
  }

  async close(): Promise<void> {
    await Promise.all(this.#routers.map((router) => router.end('SIGKILL')))
    await this.#reader?.stop()
    await this.#upstream.disconnect()
    const topics = (await this.#admin.listTopics()).filter((topic) => topic.startsWith(this.prefix))
    await this.#admin.deleteTopics({ topics })
    await this.#admin.disconnect()
  }

  /** Reads committed records only, through the client that does not leak aborted ones. */
  async #read(): Promise<void> {
    const client = createKafkaClient({ brokers: this.#brokers, clientId: 'checker', logger: SILENT })
    this.#reader = new KafkaLogConsumer(client, {
      group: `${this.prefix}checker`,
      topics: [this.topics.deliveries(GROUP), this.topics.quarantine],
      maxWaitMs: 100,
    })
    const next = new Map<string, bigint>()
    const keyOf = (at: { topic: string; partition: number }) => `${at.topic}/${at.partition}`
    await this.#reader.start({
      onAssigned: (assigned, control) => {
        for (const at of assigned) control.seek(at, next.get(keyOf(at)) ?? 0n)
      },
      onBatch: (batch) => {
        const from = next.get(keyOf(batch)) ?? 0n
        this.#records.push(...batch.records.filter((record) => record.offset >= from))
        if (batch.endOffset > from) next.set(keyOf(batch), batch.endOffset)
      },
      onCrash: (error) => {
        throw error
      },
    })
  }
}

function toDelivered(record: LogRecord): Delivered {
  const decoded = decodeDeliveryHeaders(record.headers)
  if (!decoded.ok) throw new Error(decoded.reason)
  const text = String(record.value)
  const { id, order } = JSON.parse(text) as { id: string; order: { sequence: number } }
  const { sequence } = order
  return { appId: String(record.key), headers: decoded.value, partition: record.partition, text, eventId: id, sequence }
}

/** Repeats until it no longer throws; then the last error is thrown. */
export async function eventually(holds: () => void | Promise<void>, withinMs = 20_000): Promise<void> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      await holds()
      return
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}

/** An event as the contract describes it; `n` is its position. */
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

/** Fails with the first place where an app's numbers are not 1, 2, 3 … in the order of the log. */
export function assertDense(delivered: readonly Delivered[]): void {
  delivered.forEach((one, index) => {
    if (one.sequence !== index + 1 || one.headers.sequence !== BigInt(index + 1))
      throw new Error(`${one.appId}: number ${index + 1} of the log is sequence ${one.sequence} (${one.eventId})`)
  })
}
