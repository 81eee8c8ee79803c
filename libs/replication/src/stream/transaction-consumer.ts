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

/** What is known of a transaction when its first change comes. */
export type TransactionBegin = Omit<TransactionInfo, 'commitEndLsn'>

/**
 * What is done with the transactions of a source. The calls come one after the other: the next one waits for the promise of the one
 * before, and the log waits with them, so what is not taken stays in Postgres and not in memory.
 */
export interface TransactionConsumer {
  /** Decides how far the log may be released. Absent: as far as it is settled. */
  readonly logRelease?: LogRelease
  /** What became of the source so far; asked before every connection. Absent: it may start over at any time. Throwing refuses. */
  history?(): Promise<SourceHistory>
  /** A connection is about to stream from the slot: get ready for transactions, which may have been seen before. Throwing is tried again. */
  connected(prepared: PreparedSource): Promise<void>
  /**
   * The stream runs, so nobody else reads the slot; no transaction comes before this has ended. Throwing ends the connection.
   * @param found the slot and its log, read after the stream had started
   * @param catalogue of the source. Where the source was read before, its publication is brought in step only by whoever is called here
   */
  started?(found: FoundHistory, catalogue: CatalogueAccess): Promise<void>
  /**
   * Looks from time to time, while transactions are read, at what the catalogue says. Throwing what a person has to cure ends the connection; anything
   * else is tried again with the next look. Absent: what leaves changes out of the log is refused.
   */
  inspected?(facts: CatalogueFacts): Promise<void>
  begin(transaction: TransactionBegin): Promise<void> | undefined
  change(change: RowChange, place: LogPlace): Promise<void> | undefined
  /** May come before, between and after the changes. */
  context(context: EmittedContext): void
  /** The id of an announcement, where it was emitted. */
  announcement?(id: string, place: LogPlace): void
  /** All changes of the transaction have come. It will come again unless it is acknowledged. */
  commit(transaction: TransactionInfo): Promise<void>
  /**
   * No call comes any more through this connection; a transaction that has begun will not be committed here. Comes once after `connected`,
   * when the last call has ended. What is acknowledged until the promise settles is still sent to Postgres, if the connection stands.
   */
  ended(): Promise<void>
}

/** Holds back the release of the log until somebody has noted how far it went. */
export interface LogRelease {
  /** Everything that was committed before `settledLsn` is durable elsewhere, or none of this source's. */
  offer(settledLsn: bigint): void
  /** Up to here Postgres may forget the log; null: nothing may be released. */
  releasable(): bigint | null
  /** Notes the last offer, for a short while at most: the connection is about to end. */
  flush(): Promise<void>
}
