import { UNKNOWN } from './values.mjs'

/**
 * @typedef {import('./decoding.mjs').Cell} Cell
 * @typedef {import('./decoding.mjs').Image} Image
 * @typedef {{ leaf: string, image: Image }} Row - `leaf`: the table or partition that holds it.
 *
 * A table, or a partitioned table as a whole.
 *
 * @typedef {object} Root
 * @property {string} name
 * @property {string[]} id - The columns that identify a row.
 * @property {Map<string, string>} columns - Name → type.
 * @property {Set<string>} volatile - Columns that a change of the catalogue has touched, so that receivers may know outdated values.
 * @property {Map<string, Row[]>} rows - By id. Only within a transaction, under a deferred constraint, can one id have two rows.
 *
 * What one transaction did to the rows of one id.
 *
 * @typedef {object} Touch
 * @property {string} root
 * @property {string} key
 * @property {Row | null} before
 * @property {Image[]} olds - The complete old rows in the log.
 * @property {Image[]} images - Every row that had this id during the transaction.
 * @property {Set<bigint>} lsns - The LSNs of the log records of these rows.
 * @property {boolean} isSilent - Whether rows came or went without log records of their own: by TRUNCATE, or by a partition that was
 *   attached or detached.
 */

/** The rows of every table at one point of the commit order, as computed from the log. */
export class Model {
  /** @type {Map<string, Root>} */
  roots = new Map()
  /** Partition → the table that it is a part of. @type {Map<string, string>} */
  #parents = new Map()
  /** Partition → the logged columns of its old rows, if these are more than the id but not all columns. @type {Map<string, string[]>} */
  #identities = new Map()
  /** @type {Map<string, Touch>} */
  #touched = new Map()
  /** Called with a contradiction between the log and the model: a defect of the judge, or of the log. @type {(text: string) => void} */
  #onFault
  /** Whether events may now show a column or lack it, and both are correct. @type {(table: string, column: string) => boolean} */
  #isUnsure

  /** @param {{ onFault: (text: string) => void, isUnsure: (table: string, column: string) => boolean }} options */
  constructor({ onFault, isUnsure }) {
    this.#onFault = onFault
    this.#isUnsure = isUnsure
  }

  /** @param {string} name @param {{ columns: Readonly<Record<string, string>>, id: string[], parent?: string | null }} shape */
  addTable(name, { columns, id, parent = null }) {
    if (parent !== null) this.#parents.set(name, parent)
    else {
      const root = { name, id, columns: new Map(Object.entries(columns)), volatile: new Set(), rows: new Map() }
      this.roots.set(name, root)
    }
  }

  /** Adds a row that exists from the beginning. @param {string} leaf @param {Readonly<Record<string, string | null>>} values */
  addRow(leaf, values) {
    const root = this.rootOf(leaf)
    const image = new Map([...root.columns].map(([name, type]) => [name, { type, text: values[name] ?? null }]))
    root.rows.set(keyOf(root, image), [{ leaf, image }])
  }

  /** @param {string} leaf @returns {Root} */
  rootOf(leaf) {
    let name = leaf
    for (let parent = this.#parents.get(name); parent !== undefined; parent = this.#parents.get(name)) name = parent
    const root = this.roots.get(name)
    if (!root) throw new Error(`the log names the table ${name}, which is missing from the record of the run`)
    return root
  }

  /** The one row of an id; null when there is none. @param {string} root @param {string} key @returns {Row | null} */
  rowAt(root, key) {
    return this.roots.get(root)?.rows.get(key)?.at(-1) ?? null
  }

  /** Returns and clears the touches since the last call. @returns {Touch[]} */
  takeTouched() {
    const touched = [...this.#touched.values()]
    this.#touched = new Map()
    for (const { root, key } of touched) {
      const rows = this.roots.get(root)?.rows.get(key) ?? []
      if (rows.length > 1)
        this.#onFault(`${rows.length} rows of ${root} have the id ${key} at the end of a transaction`)
    }
    return touched
  }

  /** @param {import('./decoding.mjs').Change} change @param {bigint} lsn */
  change({ table, op, old, now }, lsn) {
    const root = this.rootOf(table)
    const identity = this.#identities.get(table) ?? root.id
    const isWhole = old !== null && [...old.keys()].some((column) => !identity.includes(column))
    const before = old && isWhole ? this.#withoutUnsure(root, withNulls(root, old)) : old
    const gone =
      op === 'INSERT'
        ? null
        : this.#leave(root, { table, key: keyOf(root, before ?? now ?? new Map()), before, isWhole, lsn })
    if (now === null) return
    const image = this.#withoutUnsure(root, completed(now, isWhole ? before : (gone?.image ?? null)))
    const touch = this.#touch(root, keyOf(root, image))
    touch.lsns.add(lsn)
    touch.images.push(image)
    rowsOf(root, touch.key).push({ leaf: table, image })
  }

  /** @param {Root} root @param {Image} image @returns {Image} */
  #withoutUnsure({ name }, image) {
    for (const column of image.keys()) if (this.#isUnsure(name, column)) image.set(column, UNKNOWN)
    return image
  }

  /** @param {readonly string[]} leaves @param {bigint} lsn */
  truncate(leaves, lsn) {
    for (const leaf of leaves) {
      const root = this.rootOf(leaf)
      for (const [key, rows] of [...root.rows]) {
        if (!rows.some((row) => this.#isWithin(row.leaf, leaf))) continue
        const touch = this.#touch(root, key)
        touch.isSilent = true
        touch.lsns.add(lsn)
        root.rows.delete(key)
      }
    }
  }

  /** @param {any} change - A change of the catalogue, as the driver has noted it in the log. */
  alter(change) {
    const { did, table, column, to, type, parent } = change
    switch (did) {
      case 'addColumn':
      case 'typeColumn':
        return this.#eachImage(this.#altered(table, column), (image, root) => {
          root.columns.set(column, type)
          image?.set(column, UNKNOWN)
        })
      case 'dropColumn':
        return this.#eachImage(this.#altered(table, column), (image, root) => (image ?? root.columns).delete(column))
      case 'renameColumn':
        this.#altered(table, to)
        return this.#eachImage(this.#altered(table, column), (image, root) => rename(image ?? root.columns, column, to))
      case 'createPartition':
        if (change.identity) this.#identities.set(table, change.identity)
        return this.#parents.set(table, parent)
      case 'createTable': {
        const like = this.rootOf(change.like)
        return this.addTable(table, { columns: Object.fromEntries(like.columns), id: like.id })
      }
      case 'attach': {
        const joining = this.rootOf(table)
        this.#parents.set(table, parent)
        this.#move(joining, this.rootOf(parent), table)
        return this.roots.delete(table)
      }
      case 'detach': {
        const whole = this.rootOf(table)
        const leaving = { ...whole, name: table, rows: new Map(), columns: new Map(whole.columns) }
        this.roots.set(table, leaving)
        this.#move(whole, leaving, table)
        return this.#parents.delete(table)
      }
      case 'dropTable':
        if (this.#parents.has(table)) this.truncate([table], 0n)
        this.roots.delete(table)
        return this.#parents.delete(table)
      default:
        throw new Error(`the judge does not know the change ${did}`)
    }
  }

  /** @param {string} table @param {string} column */
  #altered(table, column) {
    const root = this.rootOf(table)
    root.volatile.add(column)
    return root
  }

  /**
   * Calls `act` for the columns first (with the image null), then for each row.
   *
   * @param {Root} root
   * @param {(image: Image | null, root: any) => void} act
   */
  #eachImage(root, act) {
    act(null, root)
    for (const rows of root.rows.values()) for (const { image } of rows) act(image, root)
  }

  /**
   * Moves the rows of a partition that was attached or detached to their new table. The log holds no record of these rows.
   *
   * @param {Root} from
   * @param {Root} into
   * @param {string} leaf
   */
  #move(from, into, leaf) {
    for (const [key, rows] of [...from.rows]) {
      const moving = rows.filter((row) => this.#isWithin(row.leaf, leaf))
      if (moving.length === 0) continue
      this.#touch(from, key).isSilent = true
      this.#touch(into, key).isSilent = true
      from.rows.delete(key)
      rowsOf(into, key).push(...moving)
    }
  }

  /** @param {string} leaf @param {string} whole */
  #isWithin(leaf, whole) {
    /** @type {string | undefined} */
    let name = leaf
    while (name !== undefined && name !== whole) name = this.#parents.get(name)
    return name === whole
  }

  /** @param {Root} root @param {string} key @returns {Touch} */
  #touch(root, key) {
    const name = `${root.name}\0${key}`
    let touch = this.#touched.get(name)
    if (!touch) {
      const before = this.rowAt(root.name, key)
      touch = { root: root.name, key, before, olds: [], images: [], lsns: new Set(), isSilent: false }
      this.#touched.set(name, touch)
    }
    return touch
  }

  /**
   * Removes a row from the rows of its id, because the row was deleted or changed.
   *
   * @param {Root} root
   * @param {{ table: string, key: string, before: Image | null, isWhole: boolean, lsn: bigint }} change - `before`: the old row if
   *   `isWhole`, else its key only.
   */
  #leave(root, { table, key, before, isWhole, lsn }) {
    const touch = this.#touch(root, key)
    touch.lsns.add(lsn)
    const rows = root.rows.get(key) ?? []
    const isIt = (/** @type {Row} */ row) => before !== null && agree(row.image, before)
    const [gone] = rows.splice(Math.max(0, rows.findIndex(isIt)), 1)
    if (rows.length === 0) root.rows.delete(key)
    if (!gone) this.#onFault(`the log changes a row of ${table} that the judge does not know: ${key}`)
    else if (before !== null && !isIt(gone))
      this.#onFault(`the log and the judge disagree about the old row of ${table} ${key}`)
    if (isWhole && before !== null) touch.olds.push(before)
    return gone ?? null
  }
}

/** @param {Root} root @param {Image} image */
export const keyOf = ({ id }, image) => JSON.stringify(id.map((column) => image.get(column)?.text ?? null))

/** Whether two images may be of the same row. Compares only values that both images know. @param {Image} a @param {Image} b */
export function agree(a, b) {
  for (const [column, { text }] of a) {
    const other = b.get(column)
    if (text !== undefined && other !== undefined && other.text !== undefined && text !== other.text) return false
  }
  return true
}

/** @param {Root} root @param {string} key */
function rowsOf(root, key) {
  const rows = root.rows.get(key) ?? []
  root.rows.set(key, rows)
  return rows
}

/** Adds the nulls, which the plugin leaves out of old rows. @param {Root} root @param {Image} old @returns {Image} */
function withNulls({ columns }, old) {
  return new Map([...columns].map(([name, type]) => [name, old.get(name) ?? { type, text: null }]))
}

/**
 * Adds unchanged values that are stored out of line, which the log leaves out of the new row.
 *
 * @param {Image} now
 * @param {Image | null} before
 * @returns {Image}
 */
function completed(now, before) {
  for (const [column, { text }] of now) {
    if (text === undefined) now.set(column, before?.get(column) ?? UNKNOWN)
  }
  return now
}

/** @param {Map<string, any>} map @param {string} from @param {string} to */
function rename(map, from, to) {
  const value = map.get(from)
  map.delete(from)
  if (value !== undefined) map.set(to, value)
}
