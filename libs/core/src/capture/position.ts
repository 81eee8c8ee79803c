/**
 * The place of a change in its source's commit order. As text (`0001-000000000152BAC0-00000002`) it is of fixed width and
 * upper-case hexadecimal, so the order of texts is the order of positions. The same change always has the same position.
 */
export interface Position {
  /** 0 to 65,535. */
  readonly epoch: number
  /** LSN of the transaction's commit record. */
  readonly commitLsn: bigint
  /** Counts the row changes of the transaction from 0; a change that turns one entity into another counts twice. */
  readonly ordinal: number
}

const MAX_EPOCH = 0xffff
const MAX_LSN = 0xffff_ffff_ffff_ffffn
const MAX_ORDINAL = 0xffff_ffff

/** @throws RangeError when a part does not fit its width: it would break the order of texts. */
export function formatPosition(position: Position): string {
  const { epoch, commitLsn, ordinal } = position
  if (!Number.isInteger(epoch) || epoch < 0 || epoch > MAX_EPOCH) throw new RangeError(`epoch ${epoch}`)
  if (commitLsn < 0n || commitLsn > MAX_LSN) throw new RangeError(`commit LSN ${commitLsn.toString()}`)
  if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal > MAX_ORDINAL) throw new RangeError(`ordinal ${ordinal}`)
  return `${hex(epoch, 4)}-${hex(commitLsn, 16)}-${hex(ordinal, 8)}`
}

/** Reads what `formatPosition` writes; null for anything else, lower case included. */
export function parsePosition(text: string): Position | null {
  const match = /^([0-9A-F]{4})-([0-9A-F]{16})-([0-9A-F]{8})$/.exec(text)
  if (!match) return null
  return {
    epoch: Number.parseInt(match[1] ?? '', 16),
    commitLsn: BigInt(`0x${match[2] ?? '0'}`),
    ordinal: Number.parseInt(match[3] ?? '', 16),
  }
}

/** Negative, zero or positive, as the first is before, at or after the second. Compare positions of one producer only. */
export function comparePositions(a: Position, b: Position): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  if (a.commitLsn !== b.commitLsn) return a.commitLsn < b.commitLsn ? -1 : 1
  return a.ordinal - b.ordinal
}

/** Postgres' spelling of an LSN (`0/152BAC0`, any case, with or without leading zeros) as a number; null for anything else. */
export function parseLsn(text: string): bigint | null {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  return match ? (BigInt(`0x${match[1] ?? '0'}`) << 32n) | BigInt(`0x${match[2] ?? '0'}`) : null
}

/** Postgres' spelling of an LSN: `0/152BAC0`. */
export const formatLsn = (lsn: bigint): string =>
  `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()

const hex = (value: number | bigint, width: number): string => value.toString(16).toUpperCase().padStart(width, '0')
