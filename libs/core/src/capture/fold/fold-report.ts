import type { SkipReason } from '../entity/skip-reason.js'
import type { ContextFault } from '../event/emitted-context.js'
import type { LogPlace } from '../position.js'

/**
 * A place in the write-ahead log at which captured tables changed without a row that could become an event: receivers are asked to fetch
 * the tables again.
 */
export interface ChangeWithoutRows {
  /** `publication`: rows came under the name of another table, as which they were published. */
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
  /** Id of the last of them, as far as it can be read; null where the table's id is not known. */
  readonly lastKey: string | null
}

/** What a transaction held that did not become an event. */
export interface FoldReport {
  /** Row changes of captured tables; one that turns an entity into another counts twice. The `size` of `revision.transaction`. */
  readonly rowChanges: number
  /**
   * Row changes that led to no event. Changes of ignored columns and of rows outside `when` do not count: the capture file asks for that.
   */
  readonly skipped: readonly SkippedRows[]
  /** How often each was found. */
  readonly contextFaults: ReadonlyMap<ContextFault, number>
  /** `schema.table` of the tables that were truncated. Which other rows they held is unknown. */
  readonly truncated: readonly string[]
  /** The truncations by statement, and the first hidden change of each table, in the order of the WAL. */
  readonly changesWithoutRows: readonly ChangeWithoutRows[]
  /** Resources of tables that got rows after they were truncated. Another TRUNCATE in the transaction leaves no trace in the catalogue. */
  readonly refilled: ReadonlySet<string>
}
