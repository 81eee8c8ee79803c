/** A table whose changes are to be streamed. Names exactly as in the catalogue. */
export interface ReplicatedTable {
  readonly schema: string
  readonly table: string
  /** Columns that must exist; the stream carries all columns in any case. */
  readonly columns: readonly string[]
  /** Columns that identify a row: those of one unique index must be among them. */
  readonly id: readonly string[]
}

/** One database whose log is read. */
export interface ReplicatedSource {
  readonly name: string
  /** Connection URL. Secret: never logged. */
  readonly databaseUrl: string
  readonly slot: string
  readonly publication: string
  readonly tables: readonly ReplicatedTable[]
}
