import { parseLine } from './decoding.mjs'
import { NOTE_PREFIX } from './notes.mjs'

/**
 * A name that a column had for no longer than this may have come and gone while nobody looked at the catalogue: the event-producer was killed, frozen or
 * cut off. In a table that omits something its values may be missing then (docs/guides/capture-your-pim.md).
 */
const MAX_PASSING_MS = 120_000

/**
 * For how long a column had one of its names.
 *
 * @typedef {{ from: number, to: number, names: Set<string> }} Life - `names`: all that the column ever had, this one included.
 */

/** The names that columns had in the course of a run, and when. */
export class ColumnLives {
  /** By table and name, in the order of time. @type {Map<string, Life[]>} */
  #lives = new Map()

  /** @param {readonly import('./transactions.mjs').HistoryLine[]} history - All of the run. */
  constructor(history) {
    /** @type {string[]} */
    let notes = []
    // Only these lines are parsed: the changes of rows, which are nearly all, are parsed when they are judged.
    for (const { data } of history) {
      if (data.startsWith('message: ')) notes.push(data)
      if (!data.startsWith('COMMIT ')) continue
      const commit = parseLine(data)
      if (commit.kind === 'commit') for (const note of notes) this.#learn(note, Date.parse(commit.at))
      notes = []
    }
  }

  /**
   * Whether nobody can say if a column is shown in a table that omits something: under a name that passed, or because the file omits it by another of its
   * names (it stays inside then, with a warning), or because a file omitted it that was in force before it was dropped (it stays inside then as well).
   *
   * @param {string} table @param {string} column
   * @param {object} by
   * @param {string} by.at - When it was written.
   * @param {readonly string[]} by.omit - What the file that decided over it omits.
   * @param {ReadonlySet<string>} by.everOmitted - What any file of the run omits.
   */
  isUnsure(table, column, { at, omit, everOmitted }) {
    const lives = this.#lives.get(`${table}\0${column}`)
    if (lives === undefined || omit.length === 0) return false
    const now = Date.parse(at)
    return lives.some(
      ({ from, to, names }) =>
        from <= now &&
        now <= to &&
        (to - from <= MAX_PASSING_MS ||
          omit.some((name) => name !== column && names.has(name)) ||
          (to < Infinity && [...names].some((name) => everOmitted.has(name)))),
    )
  }

  /** @param {string} data @param {number} at */
  #learn(data, at) {
    const message = parseLine(data)
    if (message.kind !== 'message' || message.prefix !== NOTE_PREFIX) return
    const { did, table, column, to } = JSON.parse(message.content)
    if (did === 'addColumn') this.#begin(table, column, { from: at, names: new Set() })
    if (did === 'dropColumn') this.#end(table, column, at)
    if (did === 'renameColumn') this.#begin(table, to, { from: at, names: this.#end(table, column, at) })
  }

  /** @param {string} table @param {string} column @param {{ from: number, names: Set<string> }} life */
  #begin(table, column, { from, names }) {
    names.add(column)
    const key = `${table}\0${column}`
    this.#lives.set(key, [...(this.#lives.get(key) ?? []), { from, to: Infinity, names }])
  }

  /** @param {string} table @param {string} column @param {number} at */
  #end(table, column, at) {
    const life = () => this.#lives.get(`${table}\0${column}`)?.at(-1)
    // It was there from the beginning.
    if (life()?.to !== Infinity) this.#begin(table, column, { from: -Infinity, names: new Set() })
    const ending = /** @type {Life} */ (life())
    ending.to = at
    return ending.names
  }
}
