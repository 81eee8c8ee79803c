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
 * Processes the transactions of a source. The calls come one after the other: each call waits for the promise of the previous call.
 * Meanwhile no WAL is read, so changes that are not processed yet stay in Postgres, not in memory.
 */
export interface TransactionConsumer {
  /** Decides how far the WAL may be released. Absent: as far as its transactions are settled. */
  readonly logRelease?: LogRelease
  /**
   * Returns what is known about the past of the source. Called before every connection. When it throws, the source is tried again after a
   * pause. Absent: the source may start over at any time.
   */
  history?(): Promise<SourceHistory>
  /**
   * Called before a connection streams from the slot. The transactions that follow may have come before. When it throws, the source is
   * tried again after a pause.
   */
  connected(prepared: PreparedSource): Promise<void>
  /**
   * Called when the stream runs, so that no other process reads the slot. No transaction comes before the promise resolves. When it throws,
   * the connection ends.
   * @param found the slot and its WAL, read after the stream had started
   * @param catalogue of the source. For a source that was read before, only this method aligns the publication
   */
  started?(found: FoundHistory, catalogue: CatalogueAccess): Promise<void>
  /**
   * Called from time to time with the facts of the catalogue, while transactions are read. When it throws a `SourceUnreadable` that a
   * person has to fix, the connection ends. After any other error, the next inspection calls it again. Absent: the stream itself fails when
   * the publication leaves changes out.
   */
  inspected?(facts: CatalogueFacts): Promise<void>
  begin(transaction: TransactionBegin): Promise<void> | undefined
  change(change: RowChange, place: LogPlace): Promise<void> | undefined
  /** May come before, between and after the changes. */
  context(context: EmittedContext): void
  /** The id of an announcement stands at this place of the WAL; see `emitAnnouncements`. */
  announcement?(id: string, place: LogPlace): void
  /** All changes of the transaction have come. The transaction comes again until it is acknowledged. */
  commit(transaction: TransactionInfo): Promise<void>
  /**
   * Called once after `connected`, when the last other call has ended. No call comes through this connection any more, so a transaction
   * that has begun is not committed here. Acknowledgements that are made before the promise settles are still sent to Postgres, if the
   * connection is open.
   */
  ended(): Promise<void>
}

/** Stores durably how far the WAL is settled, and lets Postgres release the WAL only up to the stored LSN. */
export interface LogRelease {
  /** Call when everything that was committed before `settledLsn` is durable elsewhere, or does not belong to this source. */
  offer(settledLsn: bigint): void
  /** Returns the LSN up to which Postgres may release the WAL; null: nothing may be released. */
  releasable(): bigint | null
  /** Stores the last offered LSN at once. Takes a short while at most. */
  flush(): Promise<void>
}
