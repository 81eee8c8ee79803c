import type {
  LogBatch,
  LogConsumer,
  LogConsumerControl,
  LogConsumerHandlers,
  Time,
  TopicPartition,
} from '@hooklane/core/kernel'
import { HeldPartitions } from './assignment.js'
import type { PartitionHandler } from './partition-handler.js'

export interface ConsumerHostOptions {
  /** Name of the consumer group in metrics and logs, without the topic prefix: the service, or the worker group. */
  readonly group: string
  readonly consumer: LogConsumer
  readonly clock: Pick<Time, 'monotonicMs'>
  /** Called after each rebalance with the number of partitions assigned, which may be 0. */
  readonly onRebalance?: (partitions: number) => void
  /** Called when the consumer has stopped for good. */
  readonly onCrash: (error: Error) => void
}

/** Lets a reader control what is read. All methods take effect with the next fetch; while the host drains, nothing is read. */
export interface ReadControl extends LogConsumerControl {
  /** Reads the partition from this offset on, whether or not it was paused. */
  readFrom(at: TopicPartition, offset: bigint): void
}

/** The state of a member of a group. */
export interface ConsumerState {
  readonly group: string
  readonly lagRecords: number
  /** Time since Kafka last answered a fetch, with or without records; null before the first answer. */
  readonly fetchAgeMs: number | null
  /** Time since the coordinator last answered a heartbeat; null before the first answer. */
  readonly heartbeatAgeMs: number | null
}

/**
 * Runs a Kafka consumer for a `PartitionHandler`. It holds, in one place, the code that every service needs around a consumer.
 *
 * A newly assigned partition is paused until the reader sets its position. A partition that is kept in a rebalance continues at the
 * reader's position.
 *
 * States: new → running → draining → left. While the host drains, nothing is read, whatever the group assigns and the reader requests. The
 * host leaves the group last, so that all work in flight has ended before the next owner of a partition starts.
 */
export class ConsumerHost implements ReadControl {
  private readonly partitions = new HeldPartitions()
  /** Null before the start. */
  private reader: PartitionHandler | null = null
  private isDraining = false

  constructor(private readonly options: ConsumerHostOptions) {}

  get group(): string {
    return this.options.group
  }

  /** Resolves when the group was joined. May be called only once. */
  async start(reader: PartitionHandler): Promise<void> {
    this.reader = reader
    const handlers: LogConsumerHandlers = {
      onAssigned: (assigned, control) => this.onAssigned(assigned, control),
      onBatch: (batch) => this.onBatch(batch),
      onCrash: (error) => this.options.onCrash(error),
    }
    await this.options.consumer.start(handlers)
  }

  /** Order matters: stops reading, then lets the work in flight end, and only then leaves the group. */
  async stop(): Promise<void> {
    this.stopReading()
    await this.drain()
    await this.leave()
  }

  /** First step of stopping: nothing new is read, and batches that still arrive are dropped. */
  stopReading(): void {
    this.isDraining = true
    this.options.consumer.pause(this.partitions.list())
  }

  /** Second step: lets the work in flight end. */
  async drain(): Promise<void> {
    await this.reader?.drain()
  }

  /** Last step: leaves the group. */
  leave(): Promise<void> {
    return this.options.consumer.stop()
  }

  /** Whether the group has assigned the partition to this process. */
  holds(at: TopicPartition): boolean {
    return this.partitions.has(at)
  }

  /** The partitions that the group has assigned to this process. */
  held(): readonly TopicPartition[] {
    return this.partitions.list()
  }

  readFrom(at: TopicPartition, offset: bigint): void {
    this.seek(at, offset)
    this.resume([at])
  }

  seek(at: TopicPartition, offset: bigint): void {
    this.options.consumer.seek(at, offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.options.consumer.pause(partitions)
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (!this.isDraining) this.options.consumer.resume(partitions)
  }

  /** Commits offsets. Most services do so only for tools that show the lag, and keep their progress elsewhere. */
  commit(offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    return this.options.consumer.commit(offsets)
  }

  /** Monotonic instant of the last heartbeat that the group's coordinator answered; null before the first. */
  lastHeartbeatMs(): number | null {
    return this.options.consumer.lastHeartbeatMs()
  }

  state(): ConsumerState {
    const { group, consumer, clock } = this.options
    const ageOf = (atMs: number | null) => (atMs === null ? null : clock.monotonicMs() - atMs)
    return {
      group,
      lagRecords: this.reader?.lagRecords() ?? 0,
      fetchAgeMs: ageOf(consumer.lastFetchMs()),
      heartbeatAgeMs: ageOf(consumer.lastHeartbeatMs()),
    }
  }

  /** Does everything synchronously, because the client fetches as soon as this returns. */
  private onAssigned(assigned: readonly TopicPartition[], control: LogConsumerControl): void {
    const assignment = this.partitions.become(assigned)
    this.options.onRebalance?.(assigned.length)
    if (this.isDraining || !this.reader) return control.pause(assigned)
    this.reader.onAssigned(assignment)
    for (const at of assigned) {
      const position = this.reader.positionOf(at)
      if (position === null) control.pause([at])
      else control.seek(at, position)
    }
  }

  private onBatch(batch: LogBatch): void | Promise<void> {
    return this.isDraining ? undefined : this.reader?.onBatch(batch)
  }
}
