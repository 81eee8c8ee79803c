import type {
  LogBatch,
  LogConsumer,
  LogConsumerControl,
  LogConsumerHandlers,
  Time,
  TopicPartition,
} from '@hooklane/core/kernel'
import { HeldPartitions } from './assignment.js'
import type { PartitionReader } from './partition-reader.js'

export interface ConsumerHostOptions {
  /** Names the consumer group to people, without the prefix of the topics: the service, or the worker group. */
  readonly group: string
  readonly consumer: LogConsumer
  readonly clock: Pick<Time, 'monotonicMs'>
  /** The group has assigned partitions again: so many, maybe none. */
  readonly onRebalance?: (partitions: number) => void
  /** The consumer stopped for good. */
  readonly onCrash: (error: Error) => void
}

/** How a reader says what is read. All methods take effect with the next fetch; while the host drains, nothing is read. */
export interface ReadControl extends LogConsumerControl {
  /** Reads the partition from this offset on, whether or not it stood still. */
  readFrom(at: TopicPartition, offset: bigint): void
}

/** How a member of a group fares. */
export interface ConsumerState {
  readonly group: string
  readonly lagRecords: number
  /** Since the log last answered a read, with or without records; null: it has not yet. */
  readonly fetchAgeMs: number | null
  /** Since the coordinator last answered a heartbeat; null: it has not yet. */
  readonly heartbeatAgeMs: number | null
}

/**
 * Runs a consumer for its reader: what every service does around one, in one place.
 *
 * A partition stands still from its assignment until the reader says where it is read from; one that is kept over a rebalance goes on where the
 * reader was. States: new → running → draining → left. While it drains, nothing is read, whatever the group assigns and the reader asks for; the
 * group is left last of all, so that the next owner of a partition finds what was in flight ended.
 */
export class ConsumerHost implements ReadControl {
  private readonly partitions = new HeldPartitions()
  /** Null before the start. */
  private reader: PartitionReader | null = null
  private isDraining = false

  constructor(private readonly options: ConsumerHostOptions) {}

  get group(): string {
    return this.options.group
  }

  /** Resolves when the group was joined. May be called once. */
  async start(reader: PartitionReader): Promise<void> {
    this.reader = reader
    const handlers: LogConsumerHandlers = {
      onAssigned: (assigned, control) => this.onAssigned(assigned, control),
      onBatch: (batch) => this.onBatch(batch),
      onCrash: (error) => this.options.onCrash(error),
    }
    await this.options.consumer.start(handlers)
  }

  /** Order matters: nothing new is read, what is in flight ends, and only then is the group left. */
  async stop(): Promise<void> {
    this.stopReading()
    await this.drain()
    await this.leave()
  }

  /** First step of the end: nothing new is read, and what arrives is dropped. */
  stopReading(): void {
    this.isDraining = true
    this.options.consumer.pause(this.partitions.list())
  }

  /** Second step: ends what is in flight. */
  async drain(): Promise<void> {
    await this.reader?.drain()
  }

  /** Last step: leaves the group. */
  leave(): Promise<void> {
    return this.options.consumer.stop()
  }

  /** Whether the group lists the partition for this process. */
  holds(at: TopicPartition): boolean {
    return this.partitions.has(at)
  }

  /** What the group lists for this process. */
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

  /** For lag tools only: progress that matters is kept elsewhere. */
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

  /** Synchronous up to its end: the client fetches next. */
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
