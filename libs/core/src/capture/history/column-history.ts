import type { JsonObject, JsonValue } from '@hooklane/contracts/public'
import { alignColumns } from './align-columns.js'
import {
  columnsSince,
  looksFromJson,
  looksToJson,
  noteLook,
  tableIsGone,
  withoutPlaces,
  type ColumnLook,
  type LookInterval,
} from './column-looks.js'

/** Columns of a table as the catalogue has them now: name → attribute number. A column keeps its attribute number when it is renamed. */
export type PresentColumns = ReadonlyMap<string, number>

/**
 * What is known of the columns of one table. The WAL describes a row by the names that its columns had when the row was written. At that
 * time, a name that the capture file omits today may have belonged to another column, and an omitted column may have had another name.
 */
export interface ColumnHistory {
  /** Attribute number → every name that the column had at a look (a read of the catalogue). Names are never removed. */
  readonly names: ReadonlyMap<number, readonly string[]>
  /** Attribute numbers of columns whose values must not leave the source. */
  readonly omitted: ReadonlySet<number>
  /**
   * Names that a capture file omitted and that the catalogue never showed. A column of such a name may have been added and dropped between
   * two looks.
   */
  readonly unseen: readonly string[]
  /** The columns at each look, oldest first. */
  readonly looks: readonly ColumnLook[]
}

export const NO_COLUMN_HISTORY: ColumnHistory = { names: new Map(), omitted: new Set(), unseen: [], looks: [] }

/** The columns of a table as the catalogue shows them, and when the catalogue was read. */
export interface CatalogueLook extends LookInterval {
  readonly present: PresentColumns
}

/** Adds a look to the history. */
function learnColumns(history: ColumnHistory, { present, ...interval }: CatalogueLook): ColumnHistory {
  const names = new Map(history.names)
  for (const [name, attribute] of present) {
    const known = names.get(attribute) ?? []
    if (!known.includes(name)) names.set(attribute, [...known, name])
  }
  return { ...history, names, looks: noteLook(history.looks, interval, new Set(present.values())) }
}

/** The history of a table that is gone. Rows that were written after the last look may lack columns that it showed. */
export const tableGone = (history: ColumnHistory): ColumnHistory => ({ ...history, looks: tableIsGone(history.looks) })

/**
 * The history under a capture file that omits these names from now on.
 *
 * - A name stands for the column that has it now, and for every dropped column that had it. If no column has the name now, it stands for
 *   every column that had it.
 * - An omitted column that was dropped stays omitted, because rows that were written before the drop may still come.
 * - If an omitted column still exists and the file no longer omits any of its names, the column is shown from now on.
 */
export function omitColumns(history: ColumnHistory, look: CatalogueLook, omit: readonly string[]): ColumnHistory {
  const learned = learnColumns(history, look)
  const { present } = look
  const isPresent = new Set(present.values())
  const isNamed = (attribute: number) => (learned.names.get(attribute) ?? []).some((name) => omit.includes(name))
  const kept = [...history.omitted].filter((attribute) => !isPresent.has(attribute) || isNamed(attribute))
  const meantBy = (name: string): readonly number[] => {
    const now = present.get(name)
    const had = [...learned.names.keys()].filter((attribute) => learned.names.get(attribute)?.includes(name))
    return now === undefined ? had : [now, ...had.filter((attribute) => !isPresent.has(attribute))]
  }
  const named = omit.flatMap(meantBy)
  const unseen = new Set([...history.unseen, ...omit].filter((name) => !isKnownName(learned, name)))
  return { ...learned, omitted: new Set([...kept, ...named]), unseen: [...unseen] }
}

/**
 * The history after a logged row had an omitted column that the catalogue never showed. That column was dropped or renamed. If it was
 * renamed, it may be any present column whose names are not in the row. So each of these columns counts as omitted.
 */
export function assumeRenamedOmission(
  history: ColumnHistory,
  look: CatalogueLook,
  { logged, omit }: { readonly logged: readonly string[]; readonly omit: readonly string[] },
): ColumnHistory {
  const unseen = logged.filter((name) => omit.includes(name) && !isKnownName(history, name))
  if (unseen.length === 0) return history
  const names = new Map(history.names)
  for (const attribute of look.present.values()) {
    const known = names.get(attribute) ?? []
    if (!known.some((name) => logged.includes(name))) names.set(attribute, [...known, ...unseen])
  }
  return omitColumns({ ...history, names }, look, omit)
}

/** Histories of several tables, by oid. */
export type ColumnHistories = ReadonlyMap<number, ColumnHistory>

/**
 * Adds a look at the captured tables to their histories.
 * @param omissions oid of a table → names that the capture file omits
 */
export const watchColumns = (
  known: ColumnHistories,
  { tables, startLsn, endLsn }: TablesLook,
  omissions: ReadonlyMap<number, readonly string[]>,
): ColumnHistories =>
  new Map([
    ...known,
    ...[...tables].map(([oid, { columns: present }]) => {
      const history = known.get(oid) ?? NO_COLUMN_HISTORY
      return [oid, lookedAt(history, { present, startLsn, endLsn }, omissions.get(oid))] as const
    }),
  ])

/** The columns of several tables, by oid, and when the catalogue was read. */
export interface TablesLook extends LookInterval {
  readonly tables: ReadonlyMap<number, { readonly columns: PresentColumns }>
}

/** For a table that the capture file does not name, omitted columns stay omitted. */
const lookedAt = (history: ColumnHistory, look: CatalogueLook, omit: readonly string[] | undefined): ColumnHistory =>
  omit === undefined ? learnColumns(history, look) : omitColumns(history, look, omit)

/** Every name under which a column of the table was seen, and every omitted name that was never seen. */
export const knownNames = ({ names, unseen }: ColumnHistory): ReadonlySet<string> =>
  new Set([...[...names.values()].flat(), ...unseen])

/** All known names of the columns that must not leave the source. */
function omittedNames({ names, omitted }: ColumnHistory): readonly string[] {
  return [...omitted].flatMap((attribute) => names.get(attribute) ?? [])
}

const isKnownName = ({ names }: ColumnHistory, name: string): boolean =>
  [...names.values()].some((known) => known.includes(name))

/** Whether any column of a table is or was omitted. */
export const omitsAnything = ({ omitted, unseen }: ColumnHistory, omit: readonly string[]): boolean =>
  omitted.size > 0 || unseen.length > 0 || omit.length > 0

/**
 * Columns of a logged row whose names were never seen, so that each could be an omitted column. The caller reads the catalogue again, and
 * hides the columns whose names no present column has. A column of the row that has the omitted name clears none of the others, because
 * that name may have belonged to another column when the row was written.
 * @param omit names that the capture file omits; a column of such a name may have been added and dropped between two looks
 */
export const suspectColumns = (
  history: ColumnHistory,
  logged: readonly string[],
  omit: readonly string[],
): readonly string[] => (omitsAnything(history, omit) ? logged.filter((name) => !isKnownName(history, name)) : [])

/** Names of the columns of a logged row, in the order of the WAL. */
export interface LoggedColumns {
  readonly logged: readonly string[]
  /** LSN of the first row that came with these columns; null: not known. */
  readonly lsn: bigint | null
}

/**
 * Columns of a logged row that must not leave the source. `alignColumns` finds the columns of the table that a logged column may be. The
 * logged column is shown only if each of them is known to have had its name, and none of them is omitted. If the row cannot be aligned,
 * every name that an omitted column had or may have had is hidden.
 */
export function hiddenColumns(
  history: ColumnHistory,
  { logged, lsn }: LoggedColumns,
  omit: readonly string[],
): ReadonlySet<string> {
  if (!omitsAnything(history, omit)) return new Set()
  const aligned = alignedSince(history, logged, lsn) ?? alignedSince(history, logged, null)
  if (!aligned) {
    return new Set([...omittedNames(history), ...history.unseen, ...suspectColumns(history, logged, omit), ...omit])
  }
  const isShown = (name: string, attribute: number | null) =>
    attribute !== null && !history.omitted.has(attribute) && history.names.get(attribute)?.includes(name) === true
  const isHidden = (name: string, at: number) => ![...(aligned[at] ?? [])].every((one) => isShown(name, one))
  return new Set([...logged.filter(isHidden), ...omit])
}

function alignedSince({ names, looks }: ColumnHistory, logged: readonly string[], lsn: bigint | null) {
  const possible = columnsSince(looks, lsn)
  return possible && alignColumns({ names, possible }, logged)
}

/** The histories for use with another WAL, in which the LSNs of the looks mean nothing. */
export const withoutPlacesOfLooks = (histories: ColumnHistories): ColumnHistories =>
  new Map([...histories].map(([oid, history]) => [oid, { ...history, looks: withoutPlaces(history.looks) }]))

/** A column that is omitted, although the capture file does not omit its present name. */
export interface RenamedOmission {
  readonly name: string
  /** Names that it had before. */
  readonly before: readonly string[]
}

export const renamedOmissions = (
  { names, omitted }: ColumnHistory,
  present: PresentColumns,
  omit: readonly string[],
): readonly RenamedOmission[] =>
  [...present]
    .filter(([name, attribute]) => omitted.has(attribute) && !omit.includes(name))
    .map(([name, attribute]) => ({ name, before: (names.get(attribute) ?? []).filter((one) => one !== name) }))

/** The history as it is stored in the source's mark (table `capture_mark`). */
export const columnHistoryToJson = ({ names, omitted, unseen, looks }: ColumnHistory): JsonObject => ({
  names: Object.fromEntries([...names].map(([attribute, known]) => [String(attribute), [...known]])),
  omitted: [...omitted],
  unseen: [...unseen],
  looks: looksToJson(looks),
})

/** Reads a stored history. Parts that do not have the expected form count as unknown. */
export function columnHistoryFromJson(stored: JsonValue | undefined): ColumnHistory {
  if (!isObject(stored)) return NO_COLUMN_HISTORY
  const { names, omitted, unseen, looks, always } = stored
  const known = Object.entries(isObject(names) ? names : {}).map(
    ([attribute, list]) => [Number(attribute), textsOf(list)] as const,
  )
  // Earlier builds did not store the looks, but only the columns that all looks showed (`always`).
  const all: ColumnLook = { lsn: 0n, must: numbersOf(always), may: new Set(known.map(([attribute]) => attribute)) }
  const noted = looksFromJson(looks)
  return {
    names: new Map(known),
    omitted: numbersOf(omitted),
    unseen: textsOf(unseen),
    looks: noted.length === 0 && known.length > 0 ? [all] : noted,
  }
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const numbersOf = (value: JsonValue | undefined): ReadonlySet<number> =>
  new Set(Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [])

const textsOf = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
