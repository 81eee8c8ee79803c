import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'

/** The partitions that a member of a group holds after a rebalance, and the difference from before. */
export interface Assignment {
  /** Everything that this member holds now. */
  readonly held: readonly TopicPartition[]
  readonly gained: readonly TopicPartition[]
  readonly lost: readonly TopicPartition[]
}

/**
 * What a service does with the partitions that its group assigns to it. `ConsumerHost` does everything that is the same in all services.
 * All methods except `drain` are called synchronously. After `drain`, only `lagRecords` is called.
 */
export interface PartitionHandler {
  /** Called after each rebalance; nothing is read until this returns. Gained partitions stay paused until `readFrom`. */
  onAssigned(assignment: Assignment): void
  /**
   * Returns where reading of the partition continues; null when it must not be read now. Called for each held partition after every
   * rebalance, because the client has forgotten the position and would continue at the group's commit.
   */
  positionOf(at: TopicPartition): bigint | null
  /** Must take the records before it awaits anything. If it throws, the consumer restarts. */
  onBatch(batch: LogBatch): void | Promise<void>
  /** Number of records of the topics that this member has not finished, as of the last read. */
  lagRecords(): number
  /** Lets the work in flight end. Resolves when none of it depends on the group membership any more. */
  drain(): Promise<void>
}
