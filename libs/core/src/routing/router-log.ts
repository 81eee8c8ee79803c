import type { OutgoingRecord, PartitionOffsets } from '../kernel/log/log.js'
import type { RoutingView } from './routing-view.js'

/** The writes of one transaction: records, and how far the partition of `events` is routed. Either all of them take effect, or none. */
export interface RouterTransaction {
  readonly records: readonly OutgoingRecord[]
  /** Next offset of the partition to read; absent: the transaction only writes. */
  readonly nextOffset?: bigint
}

/** Writes for one partition of `events`. One transaction at a time. */
export interface RouterWriter {
  /**
   * Rejects when the transaction failed, or when it is unknown whether it succeeded. The writer is then unusable: open a new one before
   * reading what became of the transaction.
   */
  commit(transaction: RouterTransaction): Promise<void>
  /** Closes the writer without ending an open transaction: opening the next writer ends it. */
  close(): Promise<void>
}

export type RouterLogFailure =
  /** Another writer was opened for the same partition. */
  | 'fenced'
  /** A topic that must be written to does not exist, or lacks a partition. Nothing was written. */
  | 'topic_missing'
  | 'failed'

/** What the router needs from the log besides reading it. */
export interface RouterLog {
  /** Opens the partition's writer. When it resolves, every earlier writer is fenced and its last transaction has ended. */
  openWriter(partition: number): Promise<RouterWriter>
  /** The group's committed offset of the partition; null without one. Only a read after `openWriter` is reliable. */
  committedOffset(partition: number): Promise<bigint | null>
  eventOffsets(partition: number): Promise<PartitionOffsets>
  /** What an error of these methods, or of a writer, means. */
  classify(error: unknown): RouterLogFailure
}

/** The configuration as the router follows it. */
export interface RoutingConfiguration {
  readonly view: RoutingView
  /** Resolves when everything that had been written before this call has been read. */
  caughtUp(): Promise<void>
  /** Ids of all companies. */
  companyIds(): readonly string[]
}
