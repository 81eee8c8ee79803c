/** The commit log (Kafka) as the domain sees it: partitions of records with offsets. Implemented by `libs/kafka`. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface LogRecord extends TopicPartition {
  readonly offset: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** A repeated header keeps its last value. */
  readonly headers: Readonly<Record<string, Buffer>>
  /** Milliseconds since 1970 UTC: when the record was appended. */
  readonly timestampMs: number
}

/** What one fetch returned for one partition; committed records only. */
export interface LogBatch extends TopicPartition {
  /** May be empty: then only markers and aborted records lay between the last position and `endOffset`. */
  readonly records: readonly LogRecord[]
  /** Offset after the last one that this batch covers (records, markers and aborted records alike): where reading goes on. */
  readonly endOffset: bigint
  /** The log's end when the batch was fetched. */
  readonly highWatermark: bigint
}

export interface OutgoingRecord {
  readonly topic: string
  /** Chosen by the key's hash (murmur2) when absent. */
  readonly partition?: number
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Appends records. One request is in flight at a time; records that arrive meanwhile form the next batch, in order. The promise resolves
 * when all required replicas have the record. It rejects when it is unknown whether they have it, so the record may have been appended.
 */
export interface LogProducer {
  publish(record: OutgoingRecord): Promise<void>
  publishAll(records: readonly OutgoingRecord[]): Promise<void>
}

export interface PartitionOffsets {
  readonly partition: number
  /** First offset that still exists. */
  readonly low: bigint
  /** Offset that the next record will get. */
  readonly high: bigint
}

export interface LogAdmin {
  /** Low and high offsets of every partition; retries while a leader does not know its end yet. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
}

export interface LogConsumerHandlers {
  /**
   * Called synchronously whenever the group has (re)assigned partitions, before the next fetch. `assigned` is everything this member
   * holds now. A partition that the handler does not seek continues at the group's committed offset, even one that the member kept, so the
   * handler must seek or pause each partition.
   */
  onAssigned(assigned: readonly TopicPartition[], control: LogConsumerControl): void
  /**
   * Handles a batch. The handler must take over the records synchronously, before it awaits anything. If it throws or rejects, the consumer
   * restarts.
   */
  onBatch(batch: LogBatch): void | Promise<void>
  /** The consumer stopped for good after a fault from which it could not recover. */
  onCrash(error: Error): void
}

/** All methods are synchronous and take effect with the next fetch. */
export interface LogConsumerControl {
  seek(at: TopicPartition, offset: bigint): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
}

/** A member of a consumer group. It never commits offsets on its own. */
export interface LogConsumer extends LogConsumerControl {
  start(handlers: LogConsumerHandlers): Promise<void>
  /** Leaves the group. */
  stop(): Promise<void>
  /** Commits offsets only for tools that show lag. The position from which a process resumes is stored elsewhere. */
  commit(offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>
  /** Monotonic instant of the last heartbeat that the group's coordinator answered; null before the first. */
  lastHeartbeatMs(): number | null
  /** Monotonic instant at which the log last answered a read, with or without records; null before the first. */
  lastFetchMs(): number | null
}
