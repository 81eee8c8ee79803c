import type { JsonValue } from '@hooklane/contracts/public'
import { formatLsn, parseLsn } from '../position.js'
import type { PossibleColumns } from './align-columns.js'

/**
 * The columns of a table at one look, that is, one read of the catalogue. `must` and `may` are equal, except in a look that was merged from
 * several, and in the last look at a table that is gone.
 */
export interface ColumnLook extends PossibleColumns {
  /** A row with a higher LSN was written after the look. */
  readonly lsn: bigint
}

/** When the catalogue was read, in LSNs. Two looks whose intervals overlap may have been made in either order. */
export interface LookInterval {
  /** The end of the write-ahead log before the catalogue was read. */
  readonly startLsn: bigint
  /** The end of the write-ahead log after it was read. */
  readonly endLsn: bigint
}

/**
 * Maximum number of looks that are kept; beyond it, the earliest are merged. Too low: a row that waited long in the WAL is compared with
 * more columns than its table had. Too high: the stored mark of the source is large.
 */
const MAX_LOOKS = 20

/**
 * Adds a look. Two parts of a process may read the catalogue at the same time, so the look is merged with those that may have been made
 * after it. A look that shows the same columns as the last one adds nothing, because a dropped column never comes back.
 */
export function noteLook(
  looks: readonly ColumnLook[],
  { startLsn, endLsn }: LookInterval,
  columns: ReadonlySet<number>,
): readonly ColumnLook[] {
  const overlapping = looks.findIndex((one) => one.lsn > startLsn)
  const earlier = overlapping === -1 ? looks : looks.slice(0, overlapping)
  const others = overlapping === -1 ? [] : looks.slice(overlapping)
  const look = others.reduce<ColumnLook>(both, { lsn: endLsn, must: columns, may: columns })
  const last = earlier.at(-1)
  if (last && isSame(last.must, look.must) && isSame(last.may, look.may)) return earlier
  return shortened([...earlier, look])
}

/** Merges the looks into one without a place in the WAL. Call when another WAL is read, because the looks' LSNs mean nothing there. */
export function withoutPlaces(looks: readonly ColumnLook[]): readonly ColumnLook[] {
  const [first, ...others] = looks
  return first ? [others.reduce<ColumnLook>(both, { ...first, lsn: 0n })] : looks
}

/**
 * Notes that the table is gone. A row that is read now may have been written after the last look, and before that any column may have been
 * dropped.
 */
export function tableIsGone(looks: readonly ColumnLook[]): readonly ColumnLook[] {
  const last = looks.at(-1)
  return last ? [...looks.slice(0, -1), { ...last, must: new Set() }] : looks
}

/**
 * Returns the columns that the table may have had when a row was written: the columns of the last look before the row, and of every later
 * look. A dropped column never comes back. So a column that all these looks show was in the table, and a column that only some of them show
 * may have been.
 * @param lsn of the row; null: not known, so it may have been written at any time
 */
export function columnsSince(looks: readonly ColumnLook[], lsn: bigint | null): PossibleColumns | null {
  const before = lsn === null ? -1 : looks.findLastIndex((look) => look.lsn < lsn)
  const [first, ...others] = looks.slice(Math.max(before, 0))
  return first ? others.reduce<PossibleColumns>(merged, first) : null
}

const merged = (a: PossibleColumns, b: PossibleColumns): PossibleColumns => ({
  must: new Set([...a.must].filter((attribute) => b.must.has(attribute))),
  may: new Set([...a.may, ...b.may]),
})

/** Merges two looks. A row that was written after the earlier one may have the columns of either. */
const both = (a: ColumnLook, b: ColumnLook): ColumnLook => ({ lsn: a.lsn < b.lsn ? a.lsn : b.lsn, ...merged(a, b) })

/** Merges the two earliest looks if there are too many. The merged look is less precise. */
function shortened(looks: readonly ColumnLook[]): readonly ColumnLook[] {
  const [first, second, ...others] = looks
  if (!first || !second || looks.length <= MAX_LOOKS) return looks
  return [both(first, second), ...others]
}

const isSame = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every((attribute) => b.has(attribute))

/** The looks as they are stored in the source's mark: each is `[lsn, must, may]`; `may` is left out when it equals `must`. */
export const looksToJson = (looks: readonly ColumnLook[]): JsonValue =>
  looks.map(({ lsn, must, may }) => [formatLsn(lsn), [...must], ...(isSame(must, may) ? [] : [[...may]])])

/** Reads stored looks. Returns none if one of them does not have the expected form. */
export function looksFromJson(stored: JsonValue | undefined): readonly ColumnLook[] {
  if (!Array.isArray(stored)) return []
  const looks = stored.flatMap((one) => lookOf(one) ?? [])
  return looks.length === stored.length ? looks : []
}

function lookOf(stored: JsonValue): ColumnLook | null {
  if (!Array.isArray(stored)) return null
  const [text, must, may = must] = stored
  const lsn = typeof text === 'string' ? parseLsn(text) : null
  if (lsn === null || !isNumbers(must) || !isNumbers(may)) return null
  return { lsn, must: new Set(must), may: new Set(may) }
}

const isNumbers = (value: JsonValue | undefined): value is number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')
