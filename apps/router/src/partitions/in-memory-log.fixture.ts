import { topicNames } from '@hooklane/contracts/records'
import {
  partitionOfKey,
  type LogConsumer,
  type LogConsumerHandlers,
  type LogRecord,
  type OutgoingRecord,
  type TopicPartition,
} from '@hooklane/core/kernel'
import type { RouterLog, RouterTransaction } from '@hooklane/core/routing'

export const topics = topicNames('t.')
export const PARTITIONS = 3
export const COMPANY = 'cmp_1'
export const PARTITION = partitionOfKey(Buffer.from(COMPANY), PARTITIONS)
export const EVENTS: TopicPartition = { topic: topics.events, partition: PARTITION }
export const STATE: TopicPartition = { topic: topics.routerState, partition: PARTITION }
export const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

class Fenced extends Error {}
class TopicMissing extends Error {}

/** A cluster in memory: the committed records, the offsets of the router's group, and for each partition the newest writer's epoch. */
export class InMemoryRouterLog implements RouterLog {
  readonly trace: string[] = []
  readonly logs = new Map<string, LogRecord[]>()
  /** Committed offsets of the group. */
  readonly offsets = new Map<string, bigint>()
  readonly missingTopics = new Set<string>()
  /** First offset of `EVENTS` that retention has kept. */
  low = 0n
  /** How the next transaction that moves the offset fails. */
  fault: 'lostBefore' | 'lostAfter' | 'missingTopic' | null = null
  /** Every transaction that covers this offset fails. */
  poison: bigint | null = null
  readonly #epochs = new Map<number, number>()

  /** Committed offset of `EVENTS`. */
  get committed(): bigint | null {
    return this.offsets.get(keyOf(EVENTS)) ?? null
  }

  set committed(offset: bigint | null) {
    if (offset === null) this.offsets.delete(keyOf(EVENTS))
    else this.offsets.set(keyOf(EVENTS), offset)
  }

  /** How many writers were opened for `EVENTS`. */
  get epoch(): number {
    return this.#epochs.get(PARTITION) ?? 0
  }

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

  openWriter(partition: number) {
    const epoch = (this.#epochs.get(partition) ?? 0) + 1
    this.#epochs.set(partition, epoch)
    this.trace.push('fence')
    return Promise.resolve({
      commit: async (transaction: RouterTransaction) => {
        await new Promise((resolve) => setImmediate(resolve))
        if (epoch !== this.#epochs.get(partition)) throw new Fenced()
        this.#write({ ...EVENTS, partition }, transaction)
      },
      close: () => Promise.resolve(),
    })
  }

  #write(at: TopicPartition, { records, nextOffset }: RouterTransaction): void {
    const fault = nextOffset === undefined ? null : this.fault
    if (fault) this.fault = null
    const isPoisoned = this.poison !== null && nextOffset !== undefined && nextOffset > this.poison
    if (fault === 'lostBefore' || isPoisoned) throw new Error('connection lost')
    const isMissing = records.some(({ topic }) => this.missingTopics.has(topic))
    if (fault === 'missingTopic' || isMissing) throw new TopicMissing()
    for (const record of records) this.append(record)
    if (nextOffset !== undefined) this.offsets.set(keyOf(at), nextOffset)
    else this.trace.push('end record')
    if (fault === 'lostAfter') throw new Error('connection lost')
  }

  committedOffset(partition: number) {
    this.trace.push('offset')
    return Promise.resolve(this.offsets.get(keyOf({ ...EVENTS, partition })) ?? null)
  }

  eventOffsets(partition: number) {
    const high = BigInt(this.records({ ...EVENTS, partition }).length)
    return Promise.resolve({ partition, low: partition === PARTITION ? this.low : 0n, high })
  }

  classify(error: unknown) {
    if (error instanceof Fenced) return 'fenced' as const
    return error instanceof TopicMissing ? ('topic_missing' as const) : ('failed' as const)
  }
}

/** Behaves like Kafka's client: after a rejoin, it has forgotten the positions set by `seek`, but paused partitions stay paused. */
export class InMemoryConsumer implements LogConsumer {
  handlers!: LogConsumerHandlers
  heartbeatMs: number | null = null
  readonly paused = new Set<string>()
  readonly positions = new Map<string, bigint>()
  onReset: (at: TopicPartition) => void = () => undefined
  /** Maximum number of records of each of the next fetches of `EVENTS`. When the list is empty, a fetch returns up to three. */
  readonly fetches: number[] = []
  #assigned: TopicPartition[] = []
  #fetchedMs: number | null = null
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

  commit(offsets: readonly (TopicPartition & { readonly offset: bigint })[]) {
    for (const at of offsets) this.log.offsets.set(keyOf(at), at.offset)
    return Promise.resolve()
  }

  lastHeartbeatMs = () => this.heartbeatMs
  lastFetchMs = () => this.#fetchedMs

  #fetch(): void {
    this.#fetchedMs = performance.now()
    for (const at of this.#assigned) {
      if (this.paused.has(keyOf(at))) continue
      const log = this.log.records(at)
      const wanted = this.positions.get(keyOf(at)) ?? this.log.offsets.get(keyOf(at)) ?? 0n
      const isReset = keyOf(at) === keyOf(EVENTS) && wanted < this.log.low
      if (isReset) this.onReset(at)
      const from = isReset ? this.log.low : wanted
      if (log.length <= Number(from)) continue
      const count = keyOf(at) === keyOf(EVENTS) ? (this.fetches.shift() ?? 3) : 3
      const records = log.slice(Number(from), Number(from) + count)
      const endOffset = from + BigInt(records.length)
      this.positions.set(keyOf(at), endOffset)
      void this.handlers.onBatch({ ...at, records, endOffset, highWatermark: BigInt(log.length) })
    }
  }
}
