import { closestName } from '@hooklane/core/configuration'
import { nameOf, type ReplicatedTable } from '../replicated-source.js'
import type { SourceWarning } from '../source-warning.js'
import type { TableProblem } from './table-problem.js'

/** Whether the table had a column of this name earlier, or the column was missing earlier and Hooklane accepted that. */
export type WasSeen = (table: ReplicatedTable, column: string) => boolean

export interface JudgedColumns {
  readonly problems: readonly TableProblem[]
  readonly warnings: readonly SourceWarning[]
}

/**
 * Judges the columns that the capture file names and the table does not have. Columns that every event needs must exist. Other columns may
 * be named before they are added and after they are dropped. But if such a name was never seen and resembles the name of an existing
 * column, it counts as a typing mistake.
 * @param present the table's columns
 */
export function judgeColumns(table: ReplicatedTable, present: readonly string[], wasSeen: WasSeen): JudgedColumns {
  const named = [...new Set([...table.columns, ...table.id])]
  const needed = new Set([...(table.needed ?? table.columns), ...table.id])
  const absent = named.filter((column) => !present.includes(column))
  const unnamed = present.filter((column) => !named.includes(column))
  const isSlip = (column: string) => !wasSeen(table, column) && closestName(column, unnamed) !== null
  const missing = absent.filter((column) => needed.has(column) || isSlip(column))
  const absentByOrder = absent.filter((column) => !missing.includes(column))
  return {
    problems: missing.length === 0 ? [] : [problemOf(table, missing, present)],
    warnings: absentByOrder.length === 0 ? [] : [warningOf(table, absentByOrder)],
  }
}

function problemOf(table: ReplicatedTable, missing: readonly string[], present: readonly string[]): TableProblem {
  const named = missing.map((column) => {
    const meant = closestName(column, present)
    const place = table.written?.columns.get(column) ?? null
    const hints = [place, meant === null ? null : `did you mean ${meant}?`].filter((hint) => hint !== null)
    return hints.length === 0 ? column : `${column} (${hints.join('; ')})`
  })
  const cure = table.written ? '. Correct the file and restart the event-producer, or bring the column back' : ''
  return {
    code: 'COLUMN_MISSING',
    text: `the table ${nameOf(table)} has no column ${named.join(', ')}; it has ${present.join(', ')}${cure}`,
    statements: [],
  }
}

const warningOf = (table: ReplicatedTable, absent: readonly string[]): SourceWarning => ({
  code: 'COLUMNS_ABSENT',
  message:
    `the table ${nameOf(table)} has no column ${absent.map((column) => placed(table, column)).join(', ')}: the entries of the ` +
    `capture file for this column apply only to rows that were written before the column was dropped, or that are written after it is added`,
})

function placed(table: ReplicatedTable, column: string): string {
  const place = table.written?.columns.get(column)
  return place === undefined ? column : `${column} (${place})`
}
