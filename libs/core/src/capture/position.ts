/**
 * The place of an event in its source's commit order. It is computed from the WAL alone, not from what a person may change (the capture
 * file, the publication), so the same change has the same position for ever. The text of a position
 * (`0001-000000000152BAC0-000000000152BA40-0000-0`) has a fixed width and upper-case hexadecimal digits, so the order of texts is the order
 * of positions.
 */
export interface Position extends ChangePlace {
  /** 0 to 65,535. */
  readonly epoch: number
  /** LSN of the transaction's commit record. */
  readonly commitLsn: bigint
}

/** The place of an event within its transaction. */
export interface ChangePlace extends LogPlace {
  /** A row change that turns one entity into another makes two events: the departure comes before the arrival. */
  readonly side: Side
}

/** The place of a record within its transaction. Postgres sends the records in the order of their places. */
export interface LogPlace {
  /** LSN of the record. Several rows share one when they were inserted together (`COPY`). */
  readonly lsn: bigint
  /** 0 to 65,535: number of the change at its LSN, from 0. */
  readonly index: number
}

export type Side = 'departure' | 'arrival'

const MAX_EPOCH = 0xffff
const MAX_LSN = 0xffff_ffff_ffff_ffffn
const MAX_INDEX = 0xffff

/** @throws RangeError when a number does not fit its width, because it would break the order of texts. */
export function formatPosition(position: Position): string {
  const { epoch, commitLsn, lsn, index, side } = position
  checkInteger('epoch', epoch, MAX_EPOCH)
  checkLsn('commit LSN', commitLsn)
  checkLsn('LSN', lsn)
  checkInteger('index', index, MAX_INDEX)
  return `${hex(epoch, 4)}-${hex(commitLsn, 16)}-${hex(lsn, 16)}-${hex(index, 4)}-${side === 'departure' ? 0 : 1}`
}

/** The part of a position's text that tells epochs apart. @throws RangeError */
export function formatEpoch(epoch: number): string {
  checkInteger('epoch', epoch, MAX_EPOCH)
  return hex(epoch, 4)
}

/**
 * A position before everything that is committed at `commitLsn` or later, and after everything that is committed earlier.
 * @throws RangeError
 */
export const positionBefore = (epoch: number, commitLsn: bigint): string =>
  formatPosition({ epoch, commitLsn: commitLsn - 1n, lsn: 0n, index: 0, side: 'departure' })

/**
 * The last position that any event of a transaction can have. When all events of the transaction are published, the source is at this
 * position.
 * @throws RangeError
 */
export const endOfTransaction = (epoch: number, commitLsn: bigint): string =>
  formatPosition({ epoch, commitLsn, lsn: MAX_LSN, index: MAX_INDEX, side: 'arrival' })

const POSITION = /^([0-9A-F]{4})-([0-9A-F]{16})-([0-9A-F]{16})-([0-9A-F]{4})-([01])$/

/** Reads what `formatPosition` writes; null for anything else, lower case included. */
export function parsePosition(text: string): Position | null {
  const match = POSITION.exec(text)
  if (!match) return null
  const [, epoch = '', commitLsn = '', lsn = '', index = '', side] = match
  return {
    epoch: Number.parseInt(epoch, 16),
    commitLsn: BigInt(`0x${commitLsn}`),
    lsn: BigInt(`0x${lsn}`),
    index: Number.parseInt(index, 16),
    side: side === '0' ? 'departure' : 'arrival',
  }
}

const ORDINAL_POSITION = /^[0-9A-F]{4}-[0-9A-F]{16}-[0-9A-F]{8}$/

/** Whether a text is a position in the form of builds before 0.1.0, which counted the row changes of captured tables. */
export const isOrdinalPosition = (text: string): boolean => ORDINAL_POSITION.test(text)

/** Negative if `a` is before `b`, zero if they are equal, else positive. Compare positions of one producer only. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  if (a.commitLsn !== b.commitLsn) return a.commitLsn < b.commitLsn ? -1 : 1
  if (a.lsn !== b.lsn) return a.lsn < b.lsn ? -1 : 1
  if (a.index !== b.index) return a.index - b.index
  return sideOrder(a.side) - sideOrder(b.side)
}

/** Postgres' spelling of an LSN (`0/152BAC0`, any case, with or without leading zeros) as a number; null for anything else. */
export function parseLsn(text: string): bigint | null {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  return match ? (BigInt(`0x${match[1] ?? '0'}`) << 32n) | BigInt(`0x${match[2] ?? '0'}`) : null
}

/** Postgres' spelling of an LSN: `0/152BAC0`. */
export const formatLsn = (lsn: bigint): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()

const sideOrder = (side: Side): number => (side === 'departure' ? 0 : 1)

const hex = (value: number | bigint, width: number): string => value.toString(16).toUpperCase().padStart(width, '0')

function checkInteger(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`${name} ${value} is out of range`)
}

function checkLsn(name: string, value: bigint): void {
  if (value < 0n || value > MAX_LSN) throw new RangeError(`${name} ${value.toString()} is out of range`)
}
