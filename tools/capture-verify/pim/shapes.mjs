import { tableNamed, TABLES } from './tables.mjs'

/**
 * @typedef {object} LiveColumn
 * @property {string} origin - What it was called at the beginning, or when it was added.
 * @property {string} name - What it is called now.
 * @property {string} type
 * @property {import('./values.mjs').Maker} make
 */

/** The columns of the PIM's tables as they are now: the load writes by it, the hostile changes keep it. */
export class Shapes {
  /** @type {Map<string, LiveColumn[]>} */
  #tables = new Map(
    TABLES.map(({ name, columns }) => [
      name,
      Object.entries(columns).map(([column, { type, make }]) => ({ origin: column, name: column, type, make })),
    ]),
  )
  /** Names that columns have had: `table.name` → origin. @type {Map<string, string>} */
  #origins = new Map()

  /** @param {string} table @returns {LiveColumn[]} */
  columns(table) {
    return this.#tables.get(table) ?? []
  }

  /** @param {string} table @param {string} origin @returns {LiveColumn | null} null: it was dropped */
  column(table, origin) {
    return this.columns(table).find((column) => column.origin === origin) ?? null
  }

  /** What a column is called now that was called so once. @param {string} table @param {string} name @returns {string | null} null: it is gone */
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

  /** A column of the beginning that was dropped, as it was made. @param {string} table @param {string} origin @returns {LiveColumn} */
  original(table, origin) {
    const spec = tableNamed(table).columns[origin]
    if (!spec) throw new Error(`${table} never had a column ${origin}`)
    return { origin, name: origin, type: spec.type, make: spec.make }
  }
}
