import { writeFile } from 'node:fs/promises'
import { TABLES } from './pim/tables.mjs'

/**
 * The capture file as an operator maintains it. Changes stay in memory until the file is written before a start of the event-producer.
 *
 * @typedef {import('./judge/effects.mjs').Meaning} Meaning
 */
export class CaptureFile {
  epoch = 1
  /** Ids that the event-producer has asked the operator to write under `accept`. @type {string[]} */
  accept = []
  /** Tables that are left out of the file at the moment. @type {Set<string>} */
  left = new Set()
  /** Table → its entry in the file, while the file names it. @type {Map<string, Meaning>} */
  meanings = new Map(TABLES.map(({ name, meaning }) => [name, structuredClone(meaning)]))

  /** @param {string} path @param {string} source */
  constructor(path, source) {
    this.path = path
    this.source = source
  }

  /** @param {string} table @returns {Meaning} */
  meaningOf(table) {
    const meaning = this.meanings.get(table)
    if (!meaning) throw new Error(`the capture file knows no table ${table}`)
    return meaning
  }

  /** A copy of the file's current content, for the record of the run. @returns {{ epoch: number, tables: Meaning[] }} */
  snapshot() {
    return structuredClone({ epoch: this.epoch, tables: this.#captured() })
  }

  /**
   * Replaces a column by the column `to` wherever the table's `ignore`, `omit` or `key` names it. If `to` is null, removes the column.
   *
   * @param {string} table
   * @param {string} column
   * @param {string | null} to
   */
  correct(table, column, to) {
    const meaning = this.meaningOf(table)
    for (const list of /** @type {const} */ (['ignore', 'omit']))
      meaning[list] = meaning[list].flatMap((name) => (name !== column ? [name] : to === null ? [] : [to]))
    if (meaning.key === column) meaning.key = to
  }

  async write() {
    await writeFile(this.path, this.#text())
  }

  #captured() {
    return [...this.meanings.values()].filter(({ table }) => !this.left.has(table))
  }

  #text() {
    const accept =
      this.accept.length > 0 ? [`    accept: [${this.accept.map((id) => JSON.stringify(id)).join(', ')}]`] : []
    return [
      'sources:',
      `  - name: ${this.source}`,
      '    database: ${PIM_URL}',
      `    epoch: ${this.epoch}`,
      ...accept,
      '    company: { column: company_id }',
      '    tables:',
      ...this.#captured().map((meaning) => `      public.${meaning.table}: { ${membersOf(meaning).join(', ')} }`),
      '',
    ].join('\n')
  }
}

/** @param {Meaning} meaning @returns {string[]} */
function membersOf({ resource, entity, id, key, version, deleted, when, ignore, omit, actor }) {
  const members = [`resource: ${resource}`, `entity: ${entity}`, `id: [${id.join(', ')}]`]
  if (key !== null) members.push(`key: ${key}`)
  if (version !== null) members.push(`version: ${version}`)
  if (deleted !== null) members.push(`deleted: { column: ${deleted} }`)
  const conditions = Object.entries(when).map(([column, value]) => `${column}: ${value}`)
  if (conditions.length > 0) members.push(`when: { ${conditions.join(', ')} }`)
  if (ignore.length > 0) members.push(`ignore: [${ignore.join(', ')}]`)
  if (omit.length > 0) members.push(`omit: [${omit.join(', ')}]`)
  if (actor !== null) members.push(`actor: { id: ${actor} }`)
  return members
}
