import { show } from './contents.mjs'
import { keyOf } from './model.mjs'

/**
 * At the end of a run, the judge's model must equal the tables. Otherwise the judge has misread the log, and none of its findings counts.
 *
 * @param {import('./model.mjs').Model} model
 * @param {Readonly<Record<string, readonly Readonly<Record<string, string | null>>[]>>} finalRows - By table.
 * @param {(text: string) => void} onFault
 */
export function compareTables(model, finalRows, onFault) {
  for (const [table, rows] of Object.entries(finalRows)) {
    const root = model.rootOf(table)
    const left = new Set(root.rows.keys())
    for (const row of rows) {
      const key = keyOf(root, new Map(Object.entries(row).map(([column, text]) => [column, { type: '', text }])))
      const known = model.rowAt(table, key)?.image
      left.delete(key)
      const column = Object.keys(row).find(
        (name) => known?.get(name)?.text !== undefined && known.get(name)?.text !== row[name],
      )
      if (!known) onFault(`the table ${table} has a row ${key} that the log does not have`)
      else if (column !== undefined)
        onFault(`${table} ${key} has ${column} ${show(row[column])}, but ${show(known.get(column)?.text)} in the log`)
    }
    for (const key of left) onFault(`the log has a row ${key} that the table ${table} does not have`)
  }
}
