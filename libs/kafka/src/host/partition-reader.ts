import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'

/** What a member of a group holds after a rebalance, and how that differs from before. */
export interface Assignment {
  /** Everything that this member holds now. */
  readonly held: readonly TopicPartition[]
  readonly gained: readonly TopicPartition[]
  readonly lost: readonly TopicPartition[]
}

/**
 * What a service does with the partitions that its group assigns to it. `ConsumerHost` does the rest. All methods but `drain` are
 * synchronous; after `drain` was called none but `lagRecords` is called any more.
 */
export interface PartitionReader {
  /** The group has (re)assigned partitions; nothing is read until this returns. What is gained stands still until `readFrom`. */
  onAssigned(assignment: Assignment): void
  /**
   * Where reading of the partition goes on, asked of each one that is held after every rebalance: the client has forgotten it and would go
   * on at the group's commit. Null: it is not read now.
   */
  positionOf(at: TopicPartition): bigint | null
  /** Files the records at once, before it waits for anything; throwing makes the consumer restart. */
  onBatch(batch: LogBatch): void | Promise<void>
  /** Records of the topics that this member is not done with, as of the last read. */
  lagRecords(): number
  /** Ends what is in flight. Resolves when nothing of it depends on the membership in the group any more. */
  drain(): Promise<void>
}
