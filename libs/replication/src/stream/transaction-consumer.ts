import type {
  CatalogueFacts,
  EmittedContext,
  FoundHistory,
  LogPlace,
  RowChange,
  TransactionInfo,
} from '@hooklane/core/capture'
import type { CatalogueAccess } from '../preparation/catalogue-access.js'
import type { PreparedSource } from '../preparation/prepare-source.js'
import type { SourceHistory } from '../replicated-source.js'

/** What is known of a transaction when it begins. */
export type TransactionBegin = Omit<TransactionInfo, 'commitEndLsn'>

/**
 * Processes the transactions of a source. The calls come one after the other: each waits for the promise of the one before. The WAL waits
 * with them, so what is not processed stays in Postgres, not in memory.
 */
export interface TransactionConsumer {
  /** Decides how far the WAL may be released. Absent: as far as it is settled. */
  readonly logRelease?: LogRelease
  /**
   * Returns what is known about the past of the source. Called before every connection. Absent: the source may start over at any time. When
   * it throws, the source is refused.
   */
  history?(): Promise<SourceHistory>
  /**
   * A connection is about to stream from the slot. The transactions that follow may have been seen before. When it throws, the connection
   * is tried again.
   */
  connected(prepared: PreparedSource): Promise<void>
  /**
   * The stream runs, so no other process reads the slot. No transaction comes before the promise resolves. When it throws, the connection
   * ends.
   * @param found the slot and its WAL, read after the stream had started
   * @param catalogue of the source. For a source that was read before, nothing but this method aligns the publication
   */
  started?(found: FoundHistory, catalogue: CatalogueAccess): Promise<void>
  /**
   * Called from time to time, while transactions are read, with what the catalogue says. Throwing what a person has to fix ends the
   * connection; after any other error the next look tries again. Absent: a source is refused when changes are left out of its WAL.
   */
  inspected?(facts: CatalogueFacts): Promise<void>
  begin(transaction: TransactionBegin): Promise<void> | undefined
  change(change: RowChange, place: LogPlace): Promise<void> | undefined
  /** May come before, between and after the changes. */
  context(context: EmittedContext): void
  /** An announcement was emitted at this place of the WAL. */
  announcement?(id: string, place: LogPlace): void
  /** All changes of the transaction have come. It will come again unless it is acknowledged. */
  commit(transaction: TransactionInfo): Promise<void>
  /**
   * No call comes through this connection any more; a transaction that has begun is not committed here. Called once after `connected`, when
   * the last call has ended. What is acknowledged before the promise settles is still sent to Postgres, if the connection is open.
   */
  ended(): Promise<void>
}

/** Holds back the release of the WAL until it is noted durably how far the WAL is settled. */
export interface LogRelease {
  /** Everything that was committed before `settledLsn` is durable elsewhere, or does not belong to this source. */
  offer(settledLsn: bigint): void
  /** Postgres may release the WAL up to here; null: nothing may be released. */
  releasable(): bigint | null
  /** Notes the last offer at once. Takes a short while at most. */
  flush(): Promise<void>
}
