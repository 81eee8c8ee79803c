import { parseLine } from './decoding.mjs'
import { NOTE_PREFIX } from './notes.mjs'

/**
 * The longest life of a column name that the event-producer may never have seen, because it was killed, frozen or cut off meanwhile. In a
 * table with omitted columns, the values under such a name may be missing from events (docs/guides/capture-your-pim.md).
 */
const MAX_PASSING_MS = 120_000

/**
 * The period in which a column had one of its names.
 *
 * @typedef {{ from: number, to: number, names: Set<string> }} Life - `names`: all names that the column ever had, including this one.
 */

/** The names that columns had during a run, and when. */
export class ColumnLives {
  /** By table and name, in the order of time. @type {Map<string, Life[]>} */
  #lives = new Map()

  /** @param {readonly import('./transactions.mjs').HistoryLine[]} history - The log of the whole run. */
  constructor(history) {
    /** @type {string[]} */
    let notes = []
    // Only messages and commits are parsed here. Row changes, which are most of the lines, are parsed when they are judged.
    for (const { data } of history) {
      if (data.startsWith('message: ')) notes.push(data)
      if (!data.startsWith('COMMIT ')) continue
      const commit = parseLine(data)
      if (commit.kind === 'commit') for (const note of notes) this.#learn(note, Date.parse(commit.at))
      notes = []
    }
  }

  /**
   * Whether events may show a column or lack it, and both are correct. This is so only in a table with omitted columns, in one of three
   * cases:
   * - The column had this name for a short time only.
   * - The file omits the column under another of its names. The event-producer then leaves the column out, with a warning.
   * - The column was renamed or dropped later, and any file of the run omits one of its names. Then, too, the event-producer
   *   leaves the column out.
   *
   * @param {string} table @param {string} column
   * @param {object} by
   * @param {string} by.at - When the row was written.
   * @param {readonly string[]} by.omit - The columns that the capture file for this transaction omits.
   * @param {ReadonlySet<string>} by.everOmitted - The columns that any file of the run omits.
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
    // No note says when the column got this name, so it had the name from the beginning of the run.
    if (life()?.to !== Infinity) this.#begin(table, column, { from: -Infinity, names: new Set() })
    const ending = /** @type {Life} */ (life())
    ending.to = at
    return ending.names
  }
}
