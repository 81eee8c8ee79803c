import type { DeadLetterRecord } from '@hooklane/contracts/records'
import type { LoggedEntry } from './log-entry.js'

/** What a record says of its delivery: the later ones of these beat the earlier ones, however late they are read. */
const RANK = { open: '0', settled: '1', delivered: '2' } as const

/** Digits of the largest number of a kind, so that texts sort as numbers do. */
const DIGITS = { attempt: 10, epoch: 19, ms: 15 } as const

export const isOpen = (status: string): boolean => status === 'pending' || status === 'retrying'

/**
 * Where a record stands among those of its delivery, as a text that sorts bytewise: the greatest says the delivery's state. The records of a delivery may
 * be read in any order, several times, and from two dispatchers; the greatest of a set is the same in any order.
 *
 * Delivered beats settled otherwise, settled beats open: what is done with stays so, whatever a dispatcher that woke too late reports. Then the number of
 * the attempt (0: no request was made), the lease epoch of its owner, the instant (deferrals repeat a number), and the record's own id.
 */
export function recordOrder(entry: LoggedEntry): string {
  const { record } = entry
  const { status, ownerEpoch, attemptId } = record
  const rank = status === 'delivered' ? RANK.delivered : isOpen(status) ? RANK.open : RANK.settled
  const [attempt, at] = entry.kind === 'attempt' ? [entry.record.attempt, entry.record.startedAt] : [0, entry.record.at]
  return `${rank}-${placeOf(attempt, ownerEpoch, at)}-${attemptId}`
}

/** The same for the dead letters of a delivery. They have no id: the same place with the same reason is a copy. */
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
