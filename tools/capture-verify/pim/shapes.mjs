import { tableNamed, TABLES } from './tables.mjs'

/**
 * @typedef {object} LiveColumn
 * @property {string} origin - The first name of the column: at the beginning of the run, or when the column was added.
 * @property {string} name - Its present name.
 * @property {string} type
 * @property {import('./values.mjs').Maker} make
 */

/** The present columns of the PIM's tables. The hostile changes update this record; the load reads it. */
export class Shapes {
  /** @type {Map<string, LiveColumn[]>} */
  #tables = new Map(
    TABLES.map(({ name, columns }) => [
      name,
      Object.entries(columns).map(([column, { type, make }]) => ({ origin: column, name: column, type, make })),
    ]),
  )
  /** Every name that a column got by renaming: `table.name` → origin. @type {Map<string, string>} */
  #origins = new Map()

  /** @param {string} table @returns {LiveColumn[]} */
  columns(table) {
    return this.#tables.get(table) ?? []
  }

  /** @param {string} table @param {string} origin @returns {LiveColumn | null} null: it was dropped */
  column(table, origin) {
    return this.columns(table).find((column) => column.origin === origin) ?? null
  }

  /**
   * The present name of the column that once had the given name.
   *
   * @param {string} table
   * @param {string} name
   * @returns {string | null} null: it was dropped
   */
  nameNow(table, name) {
    return this.column(table, this.originOf(table, name))?.name ?? null
  }

  /** @param {string} table @param {string} name */
  originOf(table, name) {
    return this.#origins.get(`${table}.${name}`) ?? name
  }

  /** @param {string} table @param {LiveColumn} column */
  add(table, column) {
    this.columns(table).push(column)
  }

  /** @param {string} table @param {string} origin */
  drop(table, origin) {
    this.#tables.set(
      table,
      this.columns(table).filter((column) => column.origin !== origin),
    )
  }

  /** @param {string} table @param {LiveColumn} column @param {string} name */
  rename(table, column, name) {
    this.#origins.set(`${table}.${name}`, column.origin)
    column.name = name
  }

  /**
   * The definition that a column had at the beginning of the run, to add that column again.
   *
   * @param {string} table
   * @param {string} origin
   * @returns {LiveColumn}
   */
  original(table, origin) {
    const spec = tableNamed(table).columns[origin]
    if (!spec) throw new Error(`${table} never had a column ${origin}`)
    return { origin, name: origin, type: spec.type, make: spec.make }
  }
}
