import type { EntityEvent } from '@hooklane/contracts'
import type { EmittedContext, RowChange, TransactionInfo } from '../row-change.js'
import type { FoldReport } from './fold-report.js'

/** The changes of one transaction on their way to events. One object per transaction, used once. */
export interface TransactionFold {
  /** Takes what was emitted beside the changes; other prefixes than `hooklane` are nothing to us. */
  addContext(context: EmittedContext): void
  /**
   * Takes the next row change, in the order of the log. Answers a promise only when the spool has to be written: await it before
   * the next call.
   */
  add(change: RowChange): Promise<void> | undefined
  /** The events, in the order of their positions. Call once, after the last `add`. */
  events(transaction: TransactionInfo): AsyncIterable<EntityEvent>
  report(): FoldReport
  /** Removes the spool, if there is one. Call always, also after a failure. */
  discard(): Promise<void>
}
