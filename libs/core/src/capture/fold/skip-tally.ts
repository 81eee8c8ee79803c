import { qualifiedName } from '../capture-configuration.js'
import type { RowReader } from '../entity/row-reader.js'
import type { SkipReason } from '../entity/skip-reason.js'
import type { Relation, Row } from '../row-change.js'
import type { SkippedRows } from './fold-report.js'

interface Tally {
  readonly reason: SkipReason
  readonly reader: RowReader | null
  count: number
  relation: Relation
  row: Row | null
}

/**
 * Counts the row changes that lead to no event. Keeps the last row for each table and reason. The id of that row is read only for the
 * report.
 */
export class SkipTally {
  private readonly tallies = new Map<string, Tally>()

  /**
   * @param reader null when the table is not captured
   * @param row the row that is no entity; null when the change concerns no single row
   */
  add(reason: SkipReason, reader: RowReader | null, { relation, row }: { relation: Relation; row: Row | null }): void {
    const name = `${reason} ${qualifiedName(relation)}`
    const tally = this.tallies.get(name)
    if (!tally) this.tallies.set(name, { reason, reader, count: 1, relation, row })
    else {
      tally.count++
      tally.relation = relation
      tally.row = row
    }
  }

  report(): SkippedRows[] {
    return [...this.tallies.values()].map(({ reason, reader, count, relation, row }) => ({
      reason,
      table: qualifiedName(relation),
      count,
      lastKey: reader && row ? reader.describeId(relation, row) : null,
    }))
  }
}
