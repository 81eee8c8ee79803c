import type { TableOids } from '@hooklane/core/capture'

export type { TableOids }

/** A table whose changes are to be streamed. Names are exactly as in the catalogue. */
export interface ReplicatedTable {
  readonly schema: string
  readonly table: string
  /** Columns that the source refers to. The stream carries all columns in any case. */
  readonly columns: readonly string[]
  /** Those of `columns` that must exist, because the rows are of no use without their values. Default: all. */
  readonly needed?: readonly string[]
  /** Columns that are never published. */
  readonly omitted?: readonly string[]
  /** Columns that identify a row. All columns of some unique index must be among them. */
  readonly id: readonly string[]
  /** Where these names are written in the capture file, for messages. */
  readonly written?: WrittenPlaces
}

/** Places in a file: `capture.yaml:9`. */
export interface WrittenPlaces {
  readonly table: string
  /** By column. */
  readonly columns: ReadonlyMap<string, string>
}

/** One database whose WAL is read. */
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
   * What a person does to go on with what the write-ahead log still holds. Completes "To go on with what the write-ahead log still holds,
   * …". Absent: the only way is to start over.
   * @param ids of gaps
   * @param tables of which changes are missing
   */
  readonly acceptInstructions?: (ids: readonly string[], tables: readonly string[]) => string
}

/** What is known about the past of a source. */
export type SourceHistory =
  /** It was never read: what is missing is created, and reading starts now. */
  | { readonly kind: 'none' }
  /**
   * It was read, and a person has decided to start over from now: an existing slot is dropped, with the WAL that it holds, and created
   * again.
   */
  | { readonly kind: 'over' }
  /** It is being read, and nothing may be lost: the source is refused when the database no longer has what is needed. */
  | OpenHistory

export interface OpenHistory {
  readonly kind: 'open'
  /** System identifier of the database cluster that was read; null: not known. */
  readonly cluster: string | null
  /** How far it was read, for messages: an LSN. */
  readonly upTo: string
  readonly tables: TableOids
  /** Table → names of columns that were seen in it, or that were accepted although it has no such column. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>
}

/** `public.product`, as messages name a table. */
export const nameOf = (table: { readonly schema: string; readonly table: string }): string =>
  `${table.schema}.${table.table}`
