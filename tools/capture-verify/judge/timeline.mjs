import { parseLsn } from './transactions.mjs'

/**
 * One event-producer process that the driver has started.
 *
 * @typedef {object} ProducerRun
 * @property {string} startedAt
 * @property {string} startLsn - The end of the PIM's WAL just before the start.
 * @property {Readonly<Record<string, string>>} offsets - Partition → end offset of the topic just before the start.
 * @property {{ epoch: number, tables: import('./effects.mjs').Meaning[] }} file - Its capture file.
 * @property {string} [ended] - How it ended: a signal, or `by itself`.
 *
 * @typedef {import('./transactions.mjs').Transaction} Transaction
 */

/** Finds the process, and so the capture file, that decided which events a transaction has. */
export class Timeline {
  #runs
  #starts
  /**
   * The commit LSNs of the published events, in ascending order, each with the first process that published an event at or after it.
   * @type {{ commitLsn: bigint, process: number }[]}
   */
  #published = []

  /** @param {readonly ProducerRun[]} runs */
  constructor(runs) {
    this.#runs = runs
    this.#starts = runs.map(({ startLsn }) => parseLsn(startLsn))
  }

  /** The index of the process that wrote a record. @param {number} partition @param {bigint} offset */
  processOf = (partition, offset) => {
    let index = this.#runs.length - 1
    while (index > 0 && offset < BigInt(this.#runs[index]?.offsets[partition] ?? 0)) index -= 1
    return index
  }

  /** @param {readonly { position: { commitLsn: bigint }, process: number }[]} events - All events of the run. */
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
   * The process whose capture file decided which events a transaction has, if it has any. When an earlier process had published a part of a
   * transaction, the next process uses the file of the earlier process for this transaction and for all transactions before it. The next
   * process uses its own file only for later transactions.
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

  /**
   * The files that may have decided that a transaction has no events: the files of all processes that may have read the transaction.
   *
   * @param {Transaction} transaction
   */
  candidates(transaction) {
    const last = this.decider(transaction)
    let first = 0
    while (first < last && (this.#starts[first + 1] ?? 0n) <= transaction.endLsn) first += 1
    return this.#runs.slice(first, last + 1).map(({ file }) => file)
  }

  /** @param {number} process */
  fileOf(process) {
    const run = this.#runs[process]
    if (!run) throw new Error(`the run had no process ${process}`)
    return run.file
  }
}

/** @param {{ tables: import('./effects.mjs').Meaning[] }} file @param {string} table */
export const meaningIn = ({ tables }, table) => tables.find((one) => one.table === table) ?? null
