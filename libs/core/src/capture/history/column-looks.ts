import type { JsonValue } from '@hooklane/contracts/public'
import { formatLsn, parseLsn } from '../position.js'
import type { PossibleColumns } from './align-columns.js'

/**
 * The columns of a table when the catalogue was looked at. `must` and `may` are the same, unless it stands for several early looks, or the
 * table was gone.
 */
export interface ColumnLook extends PossibleColumns {
  /** What has a higher LSN was written after the look. */
  readonly lsn: bigint
}

/** Looks that are kept. Too low: a row that waited for long in the log is compared with more columns than its table had. Too high: large marks. */
const MAX_LOOKS = 20

/** Adds a look. One that shows the same columns as the last adds nothing: a column never comes back once it was dropped. */
export function noteLook(
  looks: readonly ColumnLook[],
  lsn: bigint,
  columns: ReadonlySet<number>,
): readonly ColumnLook[] {
  const last = looks.at(-1)
  if (last && isSame(last.must, columns) && isSame(last.may, columns)) return looks
  return shortened([...looks, { lsn, must: columns, may: columns }])
}

/** The table is gone. Rows that are read now may have been written after the last look, when any of its columns could be dropped. */
export function tableIsGone(looks: readonly ColumnLook[]): readonly ColumnLook[] {
  const last = looks.at(-1)
  return last ? [...looks.slice(0, -1), { ...last, must: new Set() }] : looks
}

/**
 * Returns the columns that the table had between each look and the next, from the last look on that a row was written after. Whichever
 * columns changed in between, those of both looks were there: a column lives once.
 * @param lsn of the row; null: not known, so it may have been written at any time since the first look
 */
export function spansSince(looks: readonly ColumnLook[], lsn: bigint | null): readonly PossibleColumns[] {
  const before = lsn === null ? -1 : looks.findLastIndex((look) => look.lsn < lsn)
  const since = looks.slice(Math.max(before, 0))
  const [only] = since
  if (only && since.length === 1) return [only]
  return since.slice(1).flatMap((look, index) => {
    const previous = since[index]
    return previous ? [merged(previous, look)] : []
  })
}

/** What is certain and what is possible at some time between two looks. */
const merged = (a: PossibleColumns, b: PossibleColumns): PossibleColumns => ({
  must: new Set([...a.must].filter((attribute) => b.must.has(attribute))),
  may: new Set([...a.may, ...b.may]),
})

/** The two earliest become one, which says less. */
function shortened(looks: readonly ColumnLook[]): readonly ColumnLook[] {
  const [first, second, ...others] = looks
  if (!first || !second || looks.length <= MAX_LOOKS) return looks
  return [{ lsn: first.lsn, ...merged(first, second) }, ...others]
}

const isSame = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every((attribute) => b.has(attribute))

/** As they are stored in the source's mark: `[lsn, must, may]`; `may` is left out when it is the same. */
export const looksToJson = (looks: readonly ColumnLook[]): JsonValue =>
  looks.map(({ lsn, must, may }) => [formatLsn(lsn), [...must], ...(isSame(must, may) ? [] : [[...may]])])

/** Reads what was stored. When a look has another form, nothing is known. */
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
