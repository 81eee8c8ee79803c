import { parseLsn } from './transactions.mjs'

/**
 * One process of the event-producer, as the driver has started it.
 *
 * @typedef {object} ProducerRun
 * @property {string} startedAt
 * @property {string} startLsn - End of the PIM's log just before it was started.
 * @property {Readonly<Record<string, string>>} offsets - Partition → end of the topic just before it was started.
 * @property {{ epoch: number, tables: import('./effects.mjs').Meaning[] }} file - The capture file that it was given.
 * @property {string} [ended] - How: a signal, or `by itself`.
 *
 * @typedef {import('./transactions.mjs').Transaction} Transaction
 */

/** Which process, and so which capture file, decided over a transaction. */
export class Timeline {
  #runs
  #starts
  /** Commit LSN of each record and the first process that published at it or behind it, in the order of the log. @type {{ commitLsn: bigint, process: number }[]} */
  #published = []

  /** @param {readonly ProducerRun[]} runs */
  constructor(runs) {
    this.#runs = runs
    this.#starts = runs.map(({ startLsn }) => parseLsn(startLsn))
  }

  /** Index of the process that wrote a record. @param {number} partition @param {bigint} offset */
  processOf = (partition, offset) => {
    let index = this.#runs.length - 1
    while (index > 0 && offset < BigInt(this.#runs[index]?.offsets[partition] ?? 0)) index -= 1
    return index
  }

  /** @param {readonly { position: { commitLsn: bigint }, process: number }[]} events - All of them. */
  learn(events) {
    const sorted = events
      .map(({ position, process }) => ({ commitLsn: position.commitLsn, process }))
      .sort((a, b) => (a.commitLsn < b.commitLsn ? -1 : a.commitLsn > b.commitLsn ? 1 : 0))
    let first = Infinity
    for (const one of sorted.reverse()) {
      first = Math.min(first, one.process)
      one.process = first
    }
    this.#published = sorted.reverse()
  }

  /**
   * The process whose file decided over a transaction of which events were published. A transaction that another one has published a part of
   * is folded under the file of that one, and so is everything before it; the file of today begins behind that.
   *
   * @param {Transaction} transaction
   */
  decider({ startLsn }) {
    const published = this.#published
    let [from, to] = [0, published.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((published[middle]?.commitLsn ?? 0n) < startLsn) from = middle + 1
      else to = middle
    }
    return published[from]?.process ?? this.#runs.length - 1
  }

  /** The files that may have decided over a transaction without events: those of all processes that may have read it. @param {Transaction} transaction */
  candidates(transaction) {
    const last = this.decider(transaction)
    let first = 0
    while (first < last && (this.#starts[first + 1] ?? 0n) <= transaction.endLsn) first += 1
    return this.#runs.slice(first, last + 1).map(({ file }) => file)
  }

  /** @param {number} process */
  fileOf(process) {
    const run = this.#runs[process]
    if (!run) throw new Error(`there was no process ${process}`)
    return run.file
  }
}

/** @param {{ tables: import('./effects.mjs').Meaning[] }} file @param {string} table */
export const meaningIn = ({ tables }, table) => tables.find((one) => one.table === table) ?? null
