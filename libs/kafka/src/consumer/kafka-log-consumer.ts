import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs'
import type { LogConsumer, LogConsumerHandlers, TopicPartition } from '@hooklane/core/kernel'
import { kafkajs } from '../client/kafkajs.js'
import { toError } from '../client/errors.js'
import { OUTLAST_OUTAGES, type KafkaClient } from '../client/kafka-client.js'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { deferred } from '../deferred.js'
import { groupBy } from '../group-by.js'
import { endsWithin } from '../ends-within.js'
import { coAssigner } from './co-assigner.js'
import { CrashBudget } from './crash-budget.js'
import { toLogRecord } from './log-record.js'

export interface KafkaLogConsumerOptions {
  readonly group: string
  /** All must exist. */
  readonly topics: readonly string[]
  /** How long a fetch waits for records, and the longest that a `seek` or `resume` takes to act. Lower costs fetches, higher delays both. Default 500. */
  readonly maxWaitMs?: number
  /**
   * A fetch that finds less waits for more, up to `maxWaitMs`: for readers whom batches suit better than haste. Not above
   * `maxBytesPerPartition`, else a single busy partition would wait every time. Default 1.
   */
  readonly minBytes?: number
  /** Bytes of one fetch. Default 4 MiB. */
  readonly maxBytes?: number
  /** Bytes of one partition in one fetch. Default 256 KiB; a larger record comes alone. */
  readonly maxBytesPerPartition?: number
  /** A member that is silent for longer loses its partitions. Default 10 s. */
  readonly sessionTimeoutMs?: number
  /** Default 3 s; at most a third of the session timeout. */
  readonly heartbeatMs?: number
  /** How long a rebalance waits for its members. Default 30 s. */
  readonly rebalanceTimeoutMs?: number
  /**
   * The topic whose partitions are distributed; those of the other topics follow: partition q goes to the owner of q modulo the number
   * of partitions of this one. Default: every topic is distributed by itself. All members of a group need the same.
   */
  readonly leadTopic?: string
}

/** More would hide a fault that comes back for ever. */
const MAX_REBUILDS = 3
const REBUILD_WINDOW_MS = 600_000
/** Leaving a group needs the broker: without it the process must still end. */
const STOP_TIMEOUT_MS = 10_000
const REBUILD_DELAY_MS = 300

/**
 * A member of a consumer group that hands every batch to its handler and commits nothing by itself.
 *
 * Why it exists: kafkajs forgets positions at each rebalance, pause flags at each restart, and does not tell when it gave up. This
 * consumer keeps the pause flags, hands over empty batches (only markers and aborted records), drops what was fetched before a `seek`
 * or belongs to a partition that is gone, and rebuilds the client when it crashed: three times in ten minutes, then `onCrash`.
 *
 * States: new → running ⇄ rebuilding → stopped (by `stop`, or by a crash beyond the budget). A `seek` while it is rebuilt is void:
 * `onAssigned` comes again. Positions are the handler's: what it does not seek in `onAssigned` starts at the group's commit, or at
 * the log's start.
 */
export class KafkaLogConsumer implements LogConsumer {
  private handlers: LogConsumerHandlers | null = null
  /** Null before the start, while being rebuilt and after the end. */
  private consumer: Consumer | null = null
  private stopped = false
  private heartbeatAt: number | null = null
  private fetchedAt: number | null = null
  private readonly budget = new CrashBudget(MAX_REBUILDS, REBUILD_WINDOW_MS)
  private readonly firstJoin = deferred()
  private readonly pausedKeys = new Set<string>()
  private assignedKeys = new Set<string>()

  constructor(
    private readonly client: KafkaClient,
    private readonly options: KafkaLogConsumerOptions,
  ) {}

  /** Resolves when the member has joined the group (after the first `onAssigned`). May be called once. */
  async start(handlers: LogConsumerHandlers): Promise<void> {
    if (this.handlers || this.stopped) throw new Error('a consumer starts once')
    this.handlers = handlers
    const admin = new KafkaLogAdmin(this.client)
    // The client would wait for a missing topic for ever.
    await Promise.all(this.options.topics.map((topic) => admin.partitionCount(topic)))
    if (this.isStopped()) return
    await this.build()
    await this.firstJoin.promise
  }

  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    this.firstJoin.resolve()
    await this.discard()
  }

  seek(at: TopicPartition, offset: bigint): void {
    this.withRunning((consumer) => consumer.seek({ ...topicPartition(at), offset: String(offset) }))
  }

  /** Always names partitions: pausing a whole topic and then a partition would lift the first. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.pausedKeys.add(keyOf(at))
    this.withRunning((consumer) => consumer.pause(byTopic(partitions)))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.pausedKeys.delete(keyOf(at))
    this.withRunning((consumer) => consumer.resume(byTopic(partitions)))
  }

  async commit(offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    if (!this.consumer || offsets.length === 0) return
    await this.consumer.commitOffsets(offsets.map((at) => ({ ...topicPartition(at), offset: String(at.offset) })))
  }

  lastHeartbeatMs(): number | null {
    return this.heartbeatAt
  }

  lastFetchMs(): number | null {
    return this.fetchedAt
  }

  /** What this member holds now. */
  assigned(): readonly TopicPartition[] {
    return [...this.assignedKeys].map(fromKey)
  }

  private async build(): Promise<void> {
    const consumer = this.client.kafka.consumer(this.consumerConfig())
    this.consumer = consumer
    const { GROUP_JOIN, HEARTBEAT, FETCH, CRASH } = consumer.events
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.heartbeatAt = performance.now()
      this.adoptAssignment(payload.memberAssignment)
      this.firstJoin.resolve()
    })
    consumer.on(HEARTBEAT, () => {
      this.heartbeatAt = performance.now()
    })
    consumer.on(FETCH, () => {
      this.fetchedAt = performance.now()
    })
    consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) void this.recover(consumer, payload.error)
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      // Resolved by `handOver`: the client could not resolve a batch of a partition that is gone.
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.handOver(payload),
    })
  }

  private consumerConfig(): ConsumerConfig {
    const { options } = this
    return {
      groupId: options.group,
      maxWaitTimeInMs: options.maxWaitMs ?? 500,
      minBytes: options.minBytes ?? 1,
      maxBytes: options.maxBytes ?? 4 * 1024 * 1024,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 256 * 1024,
      sessionTimeout: options.sessionTimeoutMs ?? 10_000,
      heartbeatInterval: options.heartbeatMs ?? 3000,
      rebalanceTimeout: options.rebalanceTimeoutMs ?? 30_000,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      retry: { ...OUTLAST_OUTAGES, restartOnFailure: async () => Promise.resolve(!this.stopped) },
      ...(options.leadTopic === undefined ? {} : { partitionAssigners: [coAssigner(options.leadTopic)] }),
    }
  }

  /** Synchronous up to the handler's end: the client fetches next, with what was sought and paused here. */
  private adoptAssignment(memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    const assigned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    this.assignedKeys = new Set(assigned.map(keyOf))
    const paused = assigned.filter((at) => this.pausedKeys.has(keyOf(at)))
    if (paused.length > 0) this.withRunning((consumer) => consumer.pause(byTopic(paused)))
    if (!this.stopped) this.handlers?.onAssigned(assigned, this)
  }

  /** Synchronous up to the handler: nothing can be sought between the check and what it does first. */
  private async handOver(fetched: EachBatchPayload): Promise<void> {
    const { batch } = fetched
    if (this.stopped || fetched.isStale() || !this.assignedKeys.has(keyOf(batch))) return
    try {
      await this.handlers?.onBatch({
        topic: batch.topic,
        partition: batch.partition,
        records: batch.messages.map((message) => toLogRecord(batch, message)),
        endOffset: BigInt(batch.lastOffset()) + 1n,
        highWatermark: BigInt(batch.highWatermark),
      })
    } catch (error) {
      // Retriable errors would be tried again for ever with the same batch; this one counts as a crash.
      throw new kafkajs.KafkaJSNonRetriableError(toError(error))
    }
    fetched.resolveOffset(batch.lastOffset())
  }

  private async recover(crashed: Consumer, error: Error): Promise<void> {
    if (this.stopped || this.consumer !== crashed) return
    this.consumer = null
    this.assignedKeys.clear()
    const { group } = this.options
    if (!this.budget.spend(performance.now())) {
      this.stopped = true
      this.firstJoin.reject(error)
      this.handlers?.onCrash(error)
      return
    }
    this.client.logger.warn({ error, group }, 'a consumer crashed and is rebuilt')
    await new Promise((resolve) => setTimeout(resolve, REBUILD_DELAY_MS))
    if (this.isStopped()) return
    try {
      await this.build()
    } catch (buildError) {
      const failed = this.consumer as Consumer | null
      if (!failed) return
      void failed.disconnect().catch((e: unknown) => this.client.logger.debug({ error: e, group }, 'nothing to leave'))
      await this.recover(failed, toError(buildError))
    }
  }

  /** Asked after a wait, in which `stop` may have been called. */
  private isStopped(): boolean {
    return this.stopped
  }

  private async discard(): Promise<void> {
    const { consumer } = this
    this.consumer = null
    this.assignedKeys.clear()
    if (!consumer) return
    const { logger } = this.client
    const left = consumer.disconnect().catch((error: unknown) => {
      logger.warn({ error, group: this.options.group }, 'a consumer did not leave its group in order')
    })
    if (!(await endsWithin(STOP_TIMEOUT_MS, left))) {
      logger.warn({ group: this.options.group }, 'a consumer could not leave its group: its session must expire')
    }
  }

  /** Between two lives of the client there is nobody to tell: the next `onAssigned` settles everything. */
  private withRunning(act: (consumer: Consumer) => void): void {
    if (!this.consumer || this.stopped) return
    try {
      act(this.consumer)
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSNonRetriableError)) throw error
      this.client.logger.debug({ error, group: this.options.group }, 'the consumer is between two lives')
    }
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${String(partition)}/${topic}`

function fromKey(key: string): TopicPartition {
  const slash = key.indexOf('/')
  return { partition: Number(key.slice(0, slash)), topic: key.slice(slash + 1) }
}

const topicPartition = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return [...groupBy(partitions, (at) => at.topic)].map(([topic, group]) => ({
    topic,
    partitions: group.map((at) => at.partition),
  }))
}
