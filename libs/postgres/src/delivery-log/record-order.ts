import type { DeadLetterRecord } from '@hooklane/contracts/records'
import type { AttemptsEntry } from './log-entry.js'

/** Ranks of the states that records report. The record with the highest rank wins, no matter in which order the records are read. */
const RANK = { open: '0', settled: '1', delivered: '2' } as const

/** Number of digits to pad to, so that the texts sort like the numbers. */
const DIGITS = { attempt: 10, epoch: 19, ms: 15 } as const

export const isOpen = (status: string): boolean => status === 'pending' || status === 'retrying'

/**
 * Returns the place of a record among the records of its delivery, as a text that sorts bytewise. The record with the greatest text
 * determines the state of the delivery. The records of a delivery may be read in any order, several times, and may come from two
 * dispatchers; the record with the greatest text is always the same.
 *
 * The text compares, in this order:
 * 1. the rank of the state: delivered is higher than settled in another way, which is higher than open. So a settled delivery stays
 *    settled, even if a dispatcher that was frozen reports an older state later;
 * 2. the number of the attempt (0: no request was made);
 * 3. the lease epoch of the dispatcher;
 * 4. the instant, because deferrals repeat an attempt number;
 * 5. the id of the record.
 */
export function recordOrder(entry: AttemptsEntry): string {
  const { record } = entry
  const { status, ownerEpoch, attemptId } = record
  const rank = status === 'delivered' ? RANK.delivered : isOpen(status) ? RANK.open : RANK.settled
  const [attempt, at] = entry.kind === 'attempt' ? [entry.record.attempt, entry.record.startedAt] : [0, entry.record.at]
  return `${rank}-${placeOf(attempt, ownerEpoch, at)}-${attemptId}`
}

/** Like `recordOrder`, for dead letters. They have no id, so two of a delivery with the same place, reason and error count as copies. */
export function deadLetterOrder({ attempts, ownerEpoch, at, reason, lastError }: DeadLetterRecord): string {
  return `${placeOf(attempts, ownerEpoch, at)}-${reason}-${lastError ?? ''}`
}

function placeOf(attempt: number, ownerEpoch: string, at: string): string {
  const ms = Date.parse(at)
  const instant = Number.isNaN(ms) ? 0 : Math.max(ms, 0)
  return [
    String(attempt).padStart(DIGITS.attempt, '0'),
    ownerEpoch.padStart(DIGITS.epoch, '0'),
    String(instant).padStart(DIGITS.ms, '0'),
  ].join('-')
}
