import type { EmittedContext, RowChange, TransactionInfo } from '@hooklane/core'
import type { SourceHistory, TableOids } from '../replicated-source.js'
import type { ReadySlot } from '../preparation/ensure-slot.js'

/**
 * What is done with the transactions of a source. The calls come one after the other: the next one waits for the promise of the one
 * before, and the log waits with them, so what is not taken stays in Postgres and not in memory.
 */
export interface TransactionConsumer {
  /** What became of the source so far; asked before every connection. Absent: it may start over at any time. Throwing refuses. */
  history?(): Promise<SourceHistory>
  /** A connection is about to stream from the slot: get ready for transactions, which may have been seen before. Throwing is tried again. */
  connected(slot: ReadySlot, tables: TableOids): Promise<void>
  begin(): void
  change(change: RowChange): Promise<void> | undefined
  /** May come before, between and after the changes. */
  context(context: EmittedContext): void
  /** All changes of the transaction have come. It will come again unless it is acknowledged. */
  commit(transaction: TransactionInfo): Promise<void>
  /**
   * No call comes any more through this connection; a transaction that has begun will not be committed here. Comes once after `connected`,
   * when the last call has ended. What is acknowledged until the promise settles is still told to Postgres, if the connection stands.
   */
  ended(): Promise<void>
}
