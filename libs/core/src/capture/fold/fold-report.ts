import type { SkipReason } from '../entity/skip-reason.js'
import type { ContextFault } from '../event/emitted-context.js'
import type { LogPlace } from '../position.js'

/**
 * A place in the write-ahead log at which captured tables changed, but no row can become an event. Receivers are asked to fetch these
 * tables again.
 */
export interface ChangeWithoutRows {
  /** `publication`: the row changes were published under the name of another table. */
  readonly reason: 'truncated' | 'publication'
  readonly place: LogPlace
  /** Resources of the tables, in the order in which the WAL names them. */
  readonly resources: readonly string[]
}

/** Row changes of one table that led to no event, all for one reason. */
export interface SkippedRows {
  readonly reason: SkipReason
  /** `schema.table` */
  readonly table: string
  readonly count: number
  /** Id of the last of these rows, as far as it can be read. Null when the table is not captured, or when no single row was changed. */
  readonly lastKey: string | null
}

/** Counts the row changes of a transaction, and lists what did not become an event. */
export interface FoldReport {
  /**
   * Number of row changes of captured tables: the `size` of `revision.transaction`. A change that turns one entity into another counts
   * twice.
   */
  readonly rowChanges: number
  /**
   * Row changes that led to no event. Changes of ignored columns and of rows outside `when` are not listed, because the capture file
   * excludes them on purpose.
   */
  readonly skipped: readonly SkippedRows[]
  /** How often each fault in an emitted context was found. */
  readonly contextFaults: ReadonlyMap<ContextFault, number>
  /** `schema.table` of the tables that were truncated. The rows that they held before the transaction are unknown. */
  readonly truncated: readonly string[]
  /**
   * One entry per TRUNCATE statement, and one for the first change of each table that was published under another name, in the order of the
   * WAL.
   */
  readonly changesWithoutRows: readonly ChangeWithoutRows[]
  /**
   * Resources of tables whose rows changed after the first entry of `changesWithoutRows`. If such a table was truncated again in the same
   * transaction, the catalogue does not show the second TRUNCATE.
   */
  readonly refilled: ReadonlySet<string>
}
