import type { EntityEvent } from '@hooklane/contracts/public'
import { topicNames, type EndedStreamConfiguration } from '@hooklane/contracts/records'
import {
  partitionOfKey,
  processTimers,
  type LogConsumer,
  type LogConsumerHandlers,
  type LogRecord,
  type OutgoingRecord,
  type TopicPartition,
} from '@hooklane/core/kernel'
import type { RouterLog, RouterTransaction, RoutingView } from '@hooklane/core/routing'
import { ConsumerHost } from '@hooklane/kafka/host'
import { consumerMetrics, createRegistry, Readiness, Skips } from '@hooklane/observability'
import { pino } from 'pino'
import { createRouterMetrics } from '../metrics.js'
import { AssignedPartitions } from './assigned-partitions.js'

export const topics = topicNames('t.')
const PARTITIONS = 3
const COMPANY = 'cmp_1'
export const PARTITION = partitionOfKey(Buffer.from(COMPANY), PARTITIONS)
export const EVENTS: TopicPartition = { topic: topics.events, partition: PARTITION }
export const STATE: TopicPartition = { topic: topics.routerState, partition: PARTITION }
export const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

class Fenced extends Error {}

/** A cluster reduced to one partition: the committed records, the offset of the group, and the epoch of the writer that may write. */
export class InMemoryRouterLog implements RouterLog {
  readonly trace: string[] = []
  readonly logs = new Map<string, LogRecord[]>()
  committed: bigint | null = null
  epoch = 0
  /** First offset of `events` that retention has kept. */
  low = 0n
  /** How the next transaction that moves the offset fails. */
  fault: 'lostBefore' | 'lostAfter' | 'missingTopic' | null = null
  /** Every transaction that covers this offset fails. */
  poison: bigint | null = null

  records(at: TopicPartition): LogRecord[] {
    let log = this.logs.get(keyOf(at))
    if (!log) this.logs.set(keyOf(at), (log = []))
    return log
  }

  append({ topic, partition, key, value, headers }: OutgoingRecord): void {
    const at = { topic, partition: partition ?? 0 }
    const log = this.records(at)
    log.push({
      ...at,
      offset: BigInt(log.length),
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)])),
      timestampMs: 0,
    })
  }

  openWriter() {
    const epoch = ++this.epoch
    this.trace.push('fence')
    return Promise.resolve({
      commit: (transaction: RouterTransaction) => this.#commit(epoch, transaction),
      close: () => Promise.resolve(),
    })
  }

  async #commit(epoch: number, { records, nextOffset }: RouterTransaction): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (epoch !== this.epoch) throw new Fenced()
    const fault = nextOffset === undefined ? null : this.fault
    if (fault) this.fault = null
    const isPoisoned = this.poison !== null && nextOffset !== undefined && nextOffset > this.poison
    if (fault === 'lostBefore' || isPoisoned) throw new Error('connection lost')
    if (fault === 'missingTopic') throw new TypeError('no such topic')
    for (const record of records) this.append(record)
    if (nextOffset !== undefined) this.committed = nextOffset
    else this.trace.push('end record')
    if (fault === 'lostAfter') throw new Error('connection lost')
  }

  committedOffset() {
    this.trace.push('offset')
    return Promise.resolve(this.committed)
  }

  eventOffsets(partition: number) {
    return Promise.resolve({ partition, low: this.low, high: BigInt(this.records(EVENTS).length) })
  }

  classify(error: unknown) {
    if (error instanceof Fenced) return 'fenced' as const
    return error instanceof TypeError ? ('topic_missing' as const) : ('failed' as const)
  }
}

/** Returns records as Kafka's client does: a rejoin forgets sought positions but keeps pause flags. */
class InMemoryConsumer implements LogConsumer {
  handlers!: LogConsumerHandlers
  heartbeatMs: number | null = null
  readonly paused = new Set<string>()
  readonly positions = new Map<string, bigint>()
  onReset: (at: TopicPartition) => void = () => undefined
  /** Number of records that each of the next fetches returns; later fetches return three. */
  readonly fetches: number[] = []
  #assigned: TopicPartition[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly log: InMemoryRouterLog) {}

  start(handlers: LogConsumerHandlers) {
    this.handlers = handlers
    this.#timer = setInterval(() => this.#fetch(), 2)
    return Promise.resolve()
  }

  assign(...assigned: TopicPartition[]): void {
    this.#assigned = assigned
    this.positions.clear()
    this.heartbeatMs = performance.now()
    this.handlers.onAssigned(assigned, this)
  }

  stop() {
    clearInterval(this.#timer)
    return Promise.resolve()
  }

  seek(at: TopicPartition, offset: bigint): void {
    this.log.trace.push(`seek ${at.topic} ${offset}`)
    this.positions.set(keyOf(at), offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.paused.add(keyOf(at))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.paused.delete(keyOf(at))
  }

  commit = () => Promise.resolve()
  lastHeartbeatMs = () => this.heartbeatMs
  lastFetchMs = () => null

  #fetch(): void {
    for (const at of this.#assigned) {
      if (this.paused.has(keyOf(at))) continue
      const log = this.log.records(at)
      const wanted = this.positions.get(keyOf(at)) ?? this.log.committed ?? 0n
      const isReset = at === EVENTS && wanted < this.log.low
      if (isReset) this.onReset(at)
      const from = isReset ? this.log.low : wanted
      if (log.length <= Number(from)) continue
      const count = at.topic === EVENTS.topic ? (this.fetches.shift() ?? 3) : 3
      const records = log.slice(Number(from), Number(from) + count)
      const endOffset = from + BigInt(records.length)
      this.positions.set(keyOf(at), endOffset)
      void this.handlers.onBatch({ ...at, records, endOffset, highWatermark: BigInt(log.length) })
    }
  }
}

/** Records every readiness report about the partitions. */
class WatchedReadiness extends Readiness {
  readonly reports: { readonly ready: boolean; readonly detail: string }[] = []

  override set(part: string, ready: boolean, detail = ''): void {
    super.set(part, ready, detail)
    if (part === 'partitions') this.reports.push({ ready, detail })
  }
}

const running: ConsumerHost[] = []

/** Stops the routers of all worlds. */
export async function stopRouters(): Promise<void> {
  await Promise.all(running.splice(0).map((host) => host.stop()))
}

/** A router with one app that subscribes to everything, over a log and a consumer that the test controls. */
export function world(log = new InMemoryRouterLog()) {
  const groups = new Set(['shared-webhook'])
  const apps = new Map([
    ['app_a', { id: 'app_a', companyId: COMPANY, enabled: true, workerGroup: 'shared-webhook', routeVersion: 0 }],
  ])
  const subscription = {
    version: 1n,
    value: { id: 'sub_1', companyId: COMPANY, appId: 'app_a', enabled: true, events: ['*'] },
  }
  const ended = new Set<EndedStreamConfiguration>()
  const view = {
    company: (id: string) => (id === COMPANY ? { id, name: id } : undefined),
    endedStreams: () => [...ended],
    hasWorkerGroup: (name: string) => groups.has(name),
    app: (id: string) => apps.get(id),
    subscription: () => subscription,
    subscriptionsOfCompany: () => [subscription],
  } as unknown as RoutingView
  const consumer = new InMemoryConsumer(log)
  const readiness = new WatchedReadiness()
  const rests: number[] = []
  const logger = pino(
    { level: 'warn' },
    {
      write: (line) => {
        const { restMs } = JSON.parse(line) as { restMs?: number }
        if (restMs !== undefined) rests.push(restMs)
      },
    },
  )
  const registry = createRegistry('router')
  const clock = { ...processTimers, monotonicMs: () => performance.now(), wallMs: () => Date.now() }
  const host = new ConsumerHost({ group: 'router', consumer, clock, onCrash: () => undefined })
  const router = new AssignedPartitions({
    host,
    readiness,
    context: {
      topics,
      log,
      configuration: { view, caughtUp: () => Promise.resolve(), companyIds: () => [COMPANY] },
      routing: {
        partitions: PARTITIONS,
        maxEventBytes: 10_000,
        maxHops: 3,
        schema: { header: 'hooklane-schema', value: 'event/1' },
        decode: (bytes) => {
          try {
            return { ok: true, value: JSON.parse(String(bytes)) as EntityEvent }
          } catch {
            return { ok: false, reason: 'invalid_json' }
          }
        },
      },
      limits: { maxRecords: 4, maxBytes: 1_000_000 },
      clock,
      metrics: createRouterMetrics(registry),
      logger,
      quarantine: { metrics: consumerMetrics(registry), skips: new Skips(logger), group: 'router' },
    },
  })
  consumer.onReset = (at) => router.onOffsetReset(at)
  running.push(host)
  /** Deletes the app. */
  const deleteApp = (workerGroup = 'shared-webhook') => {
    apps.clear()
    ended.add({ appId: 'app_a', companyId: COMPANY, epoch: 1, workerGroup })
    router.onConfiguration()
  }
  const start = () => host.start(router)
  const stop = () => host.stop()
  return { log, consumer, router, start, stop, readiness, registry, groups, apps, rests, deleteApp }
}

/** Appends the events `from` to `to`, both included. */
export function publish(log: InMemoryRouterLog, from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    const revision = { id: String(n).padStart(6, '0'), operation: 'update' }
    const event = {
      id: `evt_${n}`,
      producer: 'pim',
      type: 'products.updated',
      companyId: COMPANY,
      occurredAt: '2026-03-02T08:15:04Z',
      revision,
    }
    log.append({ ...EVENTS, key: COMPANY, value: JSON.stringify(event) })
  }
}

/** The records written for the app, as `sequence event`. */
export const delivered = (log: InMemoryRouterLog): string[] =>
  log.records({ topic: topics.deliveries('shared-webhook'), partition: 0 }).map((record) => {
    const epoch = String(record.headers['hooklane-stream-epoch'])
    if (record.value === null) return `end of ${epoch} at ${String(record.headers['hooklane-sequence'])}`
    const value = JSON.parse(String(record.value)) as { id: string; order: { sequence: number } }
    return `${value.order.sequence} ${value.id}`
  })

/** The first `count` events as they are delivered. */
export const expected = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1} evt_${n + 1}`)
