import type { TableOids } from '@hooklane/core/capture'

export type { TableOids }

/** A table whose changes are to be streamed. Names are exactly as in the catalogue. */
export interface ReplicatedTable {
  readonly schema: string
  readonly table: string
  /** Columns that the capture file refers to. The stream carries all columns of the table in any case. */
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
  /** What a person does to start over from now and accept that changes are missing. Completes the sentence "To go on from now, …". */
  readonly resetInstructions: string
  /**
   * What a person does to accept the missing changes and go on with the changes that the write-ahead log still holds. Completes the
   * sentence "To go on with what the write-ahead log still holds, …". Absent: the only way is to start over.
   * @param ids of the gaps to accept
   * @param tables tables of which changes are missing
   */
  readonly acceptInstructions?: (ids: readonly string[], tables: readonly string[]) => string
}

/** What is known about the past of a source. */
export type SourceHistory =
  /** The source was never read. A missing publication or slot is created, and reading starts now. */
  | { readonly kind: 'none' }
  /**
   * The source was read, and a person has decided to start over from now. An existing slot is dropped, together with the WAL that it holds,
   * and created again.
   */
  | { readonly kind: 'over' }
  /** The source is being read, and no change may be lost. If the database no longer has the slot or its WAL, reading fails. */
  | OpenHistory

export interface OpenHistory {
  readonly kind: 'open'
  /** System identifier of the database cluster that was read; null: not known. */
  readonly cluster: string | null
  /** The LSN up to which the source was read, for messages. */
  readonly upTo: string
  readonly tables: TableOids
  /** Table → names of columns that the table had, and names that were accepted although the table had no such column. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>
}

/** `public.product`, as messages name a table. */
export const nameOf = (table: { readonly schema: string; readonly table: string }): string =>
  `${table.schema}.${table.table}`
