import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs'
import {
  endsWithin,
  pause,
  processTimers,
  type LogConsumer,
  type LogConsumerHandlers,
  type TopicPartition,
} from '@hooklane/core/kernel'
import { kafkajs } from '../client/kafkajs.js'
import { toError } from '../client/errors.js'
import { OUTLAST_OUTAGES, type KafkaClient } from '../client/kafka-client.js'
import { KafkaLogAdmin } from '../admin/log-admin.js'
import { deferred } from '../deferred.js'
import { groupBy } from '../group-by.js'
import { coAssigner } from './co-assigner.js'
import { CrashBudget } from './crash-budget.js'
import { toLogRecord } from './log-record.js'

export interface KafkaLogConsumerOptions {
  readonly group: string
  /** All topics must exist. */
  readonly topics: readonly string[]
  /**
   * How long a fetch waits for records; also the maximum delay of a `seek` or `resume`. Too low: more fetches. Too high: longer delays.
   * Default 500.
   */
  readonly maxWaitMs?: number
  /**
   * Minimum bytes of one fetch. With fewer, the fetch waits for more, up to `maxWaitMs`. Set it where large batches matter more than
   * latency. Must not exceed `maxBytesPerPartition`, otherwise every fetch of a single busy partition would wait. Default 1.
   */
  readonly minBytes?: number
  /** Maximum bytes of one fetch. Default 4 MiB. */
  readonly maxBytes?: number
  /** Maximum bytes of one partition in one fetch. Default 256 KiB; a larger record arrives alone. */
  readonly maxBytesPerPartition?: number
  /** A member that sends no heartbeat for longer loses its partitions. Default 10 s. */
  readonly sessionTimeoutMs?: number
  /** Time between two heartbeats; at most a third of the session timeout. Default 3 s. */
  readonly heartbeatMs?: number
  /** How long a rebalance waits for its members. Default 30 s. */
  readonly rebalanceTimeoutMs?: number
  /**
   * The topic whose partitions determine the distribution: partition q of any other topic goes to the owner of partition q modulo the
   * number of partitions of this topic. Default: every topic is distributed by itself. All members of a group need the same value.
   */
  readonly leadTopic?: string
}

/** Maximum number of rebuilds within `REBUILD_WINDOW_MS`. Too high: hides a fault that keeps returning. */
const MAX_REBUILDS = 3
const REBUILD_WINDOW_MS = 600_000
/** Maximum wait for leaving the group, so that the process ends even if no broker answers. */
const STOP_TIMEOUT_MS = 10_000
const REBUILD_DELAY_MS = 300

/**
 * A member of a consumer group that passes every batch to its handler and commits nothing by itself.
 *
 * Why it exists: kafkajs forgets positions at each rebalance and pause flags at each restart, and does not report when it has given up.
 * This consumer:
 *
 * - keeps the pause flags;
 * - passes on empty batches (only markers and aborted records);
 * - drops batches that were fetched before a `seek` or belong to a partition that was taken away;
 * - rebuilds the client after a crash, three times in ten minutes, then calls `onCrash`.
 *
 * States: new → running ⇄ rebuilding → stopped (by `stop`, or by a crash beyond the budget). A `seek` while rebuilding has no effect, but
 * `onAssigned` is called again afterwards. The handler keeps the positions: a partition that it does not seek in `onAssigned` starts at the
 * group's commit, or at the log's start.
 */
export class KafkaLogConsumer implements LogConsumer {
  private handlers: LogConsumerHandlers | null = null
  /** Null before the start, while rebuilding, and after the end. */
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
    if (this.handlers || this.stopped) throw new Error('a consumer can be started only once')
    this.handlers = handlers
    const admin = new KafkaLogAdmin(this.client)
    // The client would wait for ever for a missing topic.
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

  /**
   * Always names each partition to the client. If a whole topic and then one of its partitions were paused, the client would resume the
   * other partitions.
   */
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

  /** The partitions that are assigned to this member now. */
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
      // `handOver` resolves the offset, because the client could not do so for a partition that was taken away.
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

  /** Must be synchronous: as soon as it returns, the client fetches with the positions and pauses that were set here. */
  private adoptAssignment(memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    const assigned = Object.entries(memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    this.assignedKeys = new Set(assigned.map(keyOf))
    const paused = assigned.filter((at) => this.pausedKeys.has(keyOf(at)))
    if (paused.length > 0) this.withRunning((consumer) => consumer.pause(byTopic(paused)))
    if (!this.stopped) this.handlers?.onAssigned(assigned, this)
  }

  /** Must be synchronous until the handler is called, so that no `seek` can happen between the check and the call. */
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
      // After a retriable error the client would retry the same batch for ever. A non-retriable error counts as a crash.
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
    this.client.logger.warn({ error, group }, 'a consumer crashed and is being rebuilt')
    await pause(processTimers, REBUILD_DELAY_MS)
    if (this.isStopped()) return
    try {
      await this.build()
    } catch (buildError) {
      const failed = this.consumer as Consumer | null
      if (!failed) return
      void failed.disconnect().catch((e: unknown) => this.client.logger.debug({ error: e, group }, 'no group to leave'))
      await this.recover(failed, toError(buildError))
    }
  }

  /** A method, because the compiler assumes that a field does not change during an `await`, but `stop` may be called then. */
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
      logger.warn({ error, group: this.options.group }, 'a consumer did not leave its group cleanly')
    })
    if (!(await endsWithin(processTimers, left, { limitMs: STOP_TIMEOUT_MS }))) {
      logger.warn(
        { group: this.options.group },
        'a consumer could not leave its group: its partitions go to other members only when its session expires',
      )
    }
  }

  /** Does nothing while there is no running client: the next `onAssigned` sets all positions and pauses. */
  private withRunning(act: (consumer: Consumer) => void): void {
    if (!this.consumer || this.stopped) return
    try {
      act(this.consumer)
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSNonRetriableError)) throw error
      this.client.logger.debug({ error, group: this.options.group }, 'the consumer is not running')
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
