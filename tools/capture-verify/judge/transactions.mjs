import { parseLine } from './decoding.mjs'

/**
 * One line of output from the judge's replication slot.
 *
 * @typedef {{ lsn: string, data: string }} HistoryLine
 *
 * A committed transaction.
 *
 * @typedef {object} Transaction
 * @property {string} xid
 * @property {string} at - The time of its commit, as printed.
 * @property {bigint} startLsn - The end of the previously committed transaction, after which this transaction's commit record comes.
 * @property {bigint} endLsn - The LSN just after its commit record.
 * @property {{ lsn: bigint, line: import('./decoding.mjs').Line }[]} lines - Its lines of the log, without begin and commit.
 */

/**
 * Groups the lines into transactions, in the order of their commits.
 *
 * @param {Iterable<HistoryLine>} history
 * @returns {Generator<Transaction>}
 */
export function* transactionsOf(history) {
  let previousEnd = 0n
  /** @type {Transaction['lines']} */
  let lines = []
  for (const { lsn, data } of history) {
    const line = parseLine(data)
    if (line.kind === 'begin') lines = []
    else if (line.kind !== 'commit') lines.push({ lsn: parseLsn(lsn), line })
    else {
      const endLsn = parseLsn(lsn)
      yield { xid: line.xid, at: line.at, startLsn: previousEnd, endLsn, lines }
      previousEnd = endLsn
      lines = []
    }
  }
}

/** @param {string} text `0/152BAC0` */
export function parseLsn(text) {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}
