import { isDeepStrictEqual } from 'node:util'
import { show } from './contents.mjs'
import { entityOf } from './effects.mjs'
import { keyOf } from './model.mjs'
import { jsonOf } from './values.mjs'

/**
 * @typedef {object} Ending
 * @property {readonly import('./effects.mjs').Meaning[]} meanings - Of the last capture file.
 * @property {import('./judge.mjs').RunRecord} run
 * @property {import('./model.mjs').Model} model
 * @property {import('./receivers.mjs').Receivers} receivers
 * @property {import('./findings.mjs').Findings} findings
 * @property {(company: string, resource: string) => boolean} hasDebts - What its receiver lacks is counted already.
 * @property {(table: string, column: string) => boolean} isVolatile
 */

/** At the end the receivers must know what the tables hold; and so must the judge. @param {Ending} ending */
export function compareTables(ending) {
  for (const meaning of ending.meanings) {
    const rows = ending.run.finalRows[meaning.table] ?? []
    compareModel(ending, meaning, rows)
    for (const company of ending.run.companies) compareReceiver(ending, meaning, { company, rows })
  }
}

/** @param {Ending} ending @param {import('./effects.mjs').Meaning} meaning @param {readonly Readonly<Record<string, string | null>>[]} rows */
function compareModel({ model, findings }, { table }, rows) {
  const root = model.rootOf(table)
  const left = new Set(root.rows.keys())
  for (const row of rows) {
    const image = new Map(Object.entries(row).map(([column, text]) => [column, { type: '', text }]))
    const key = keyOf(root, image)
    const known = model.rowAt(table, key)?.image
    left.delete(key)
    if (!known) findings.add('confused', `the table ${table} has a row ${key} that the log does not`)
    else {
      const column = Object.keys(row).find(
        (name) => known.get(name)?.text !== undefined && known.get(name)?.text !== row[name],
      )
      if (column !== undefined)
        findings.add(
          'confused',
          `${table} ${key} has ${column} ${show(row[column])}, by the log ${show(known.get(column)?.text)}`,
        )
    }
  }
  for (const key of left) findings.add('confused', `the log has a row ${key} that the table ${table} does not`)
}

/**
 * @param {Ending} ending
 * @param {import('./effects.mjs').Meaning} meaning
 * @param {{ company: string, rows: readonly Readonly<Record<string, string | null>>[] }} of
 */
function compareReceiver({ model, receivers, findings, hasDebts, isVolatile }, meaning, { company, rows }) {
  if (hasDebts(company, meaning.resource)) return
  const known = receivers.of(company, meaning.resource)
  const types = model.rootOf(meaning.table).columns
  const left = new Set(known.keys())
  for (const row of rows) {
    const image = new Map(
      Object.entries(row).map(([column, text]) => [column, { type: types.get(column) ?? 'text', text }]),
    )
    const entity = entityOf(image, meaning)
    if (entity?.company !== company) continue
    left.delete(entity.id)
    const what = `${meaning.resource} ${entity.id} of ${company}`
    const data = known.get(entity.id)
    if (data === undefined) findings.add('lost', `${what} is in the table, and its receiver does not know it`)
    else {
      const column = [...image.keys()].find(
        (name) =>
          !isVolatile(meaning.table, name) &&
          !isDeepStrictEqual(data[name], jsonOf(image.get(name) ?? { type: 'text', text: null })),
      )
      if (column !== undefined)
        findings.add('lost', `${what} has ${column} ${show(row[column])}, its receiver knows ${show(data[column])}`)
    }
  }
  for (const id of left)
    findings.add('invented', `${meaning.resource} ${id} of ${company} is not in the table, and its receiver knows it`)
}
