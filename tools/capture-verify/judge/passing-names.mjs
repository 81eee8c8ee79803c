import { parseLine } from './decoding.mjs'
import { NOTE_PREFIX } from './notes.mjs'

/**
 * A name that a column had for no longer than this may have come and gone while nobody looked at the catalogue: the event-producer was killed, frozen or
 * cut off. In a table that omits something its values may be missing then (docs/guides/capture-your-pim.md), so the judge expects neither.
 */
const MAX_LIFE_MS = 120_000

/** Column names that came and went. */
export class PassingNames {
  /** `table\0column` → from which commit to which. @type {Map<string, { from: number, to: number }[]>} */
  #lives = new Map()
  /** Names that a column has, and since when. @type {Map<string, number>} */
  #living = new Map()

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

  /** @param {string} table @param {string} column @param {string} at - Of a commit, as printed. */
  holds(table, column, at) {
    const lives = this.#lives.get(`${table}\0${column}`)
    if (lives === undefined) return false
    const now = Date.parse(at)
    return lives.some(({ from, to }) => from <= now && now <= to)
  }

  /** @param {string} data @param {number} at */
  #learn(data, at) {
    const message = parseLine(data)
    if (message.kind !== 'message' || message.prefix !== NOTE_PREFIX) return
    const { did, table, column, to } = JSON.parse(message.content)
    if (did === 'dropColumn' || did === 'renameColumn') this.#end(`${table}\0${column}`, at)
    if (did === 'addColumn') this.#living.set(`${table}\0${column}`, at)
    if (did === 'renameColumn') this.#living.set(`${table}\0${to}`, at)
  }

  /** @param {string} name @param {number} to */
  #end(name, to) {
    const from = this.#living.get(name)
    this.#living.delete(name)
    if (from !== undefined && to - from <= MAX_LIFE_MS)
      this.#lives.set(name, [...(this.#lives.get(name) ?? []), { from, to }])
  }
}
