import type { TableOids } from '@hooklane/core/capture'

export type { TableOids }

/** A table whose changes are to be streamed. Names exactly as in the catalogue. */
export interface ReplicatedTable {
  readonly schema: string
  readonly table: string
  /** Columns that something is said of; the stream carries all columns in any case. */
  readonly columns: readonly string[]
  /** Those of them that must exist, because the rows are of no use without their values. Default: all. */
  readonly needed?: readonly string[]
  /** Columns that are left out in any case. */
  readonly omitted?: readonly string[]
  /** Columns that identify a row: those of one unique index must be among them. */
  readonly id: readonly string[]
  /** Where a person has written these names, for messages. */
  readonly written?: WrittenPlaces
}

/** Places in a file: `capture.yaml:9`. */
export interface WrittenPlaces {
  readonly table: string
  /** By column. */
  readonly columns: ReadonlyMap<string, string>
}

/** One database whose log is read. */
export interface ReplicatedSource {
  readonly name: string
  /** Connection URL. Secret: never logged. */
  readonly databaseUrl: string
  readonly slot: string
  readonly publication: string
  readonly tables: readonly ReplicatedTable[]
  /** What a person does to start over from now, accepting that changes are missing. Completes "To go on from now, …". */
  readonly resetInstructions: string
  /**
   * What a person does to go on with what the log still holds. Completes "To go on with what the log still holds, …". Absent: there is no other
   * way than to start over.
   * @param ids of gaps
   * @param tables of which changes are missing
   */
  readonly acceptInstructions?: (ids: readonly string[], tables: readonly string[]) => string
}

/** What became of a source so far. */
export type SourceHistory =
  /** It was never read: what is missing is made, and reading begins now. */
  | { readonly kind: 'none' }
  /** It was read, and a person has decided to start over, from now: a slot that stands is replaced, with the log that it holds. */
  | { readonly kind: 'over' }
  /** It is being read, and nothing may be lost: what the database no longer has is refused. */
  | OpenHistory

export interface OpenHistory {
  readonly kind: 'open'
  /** How far it was read, for messages: an LSN. */
  readonly upTo: string
  readonly tables: TableOids
  /** Table → names that columns were seen under, or that were accepted without one. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>
}

/** `public.product`, as messages name a table. */
export const nameOf = (table: { readonly schema: string; readonly table: string }): string =>
  `${table.schema}.${table.table}`
