/** The content of the write-ahead log, before it is interpreted. `libs/replication` produces it, `capture/` interprets it. */

export interface Column {
  readonly name: string
  /** Postgres type oid. */
  readonly typeOid: number
  /** `atttypmod`; -1: the type has no modifier. */
  readonly typeModifier: number
  /** What the catalogue says about a type that is not built in. Absent: the type is built in, or the catalogue no longer has it. */
  readonly type?: CatalogueType
}

/** How the text of a type that is not built in is read. A domain is read as its base type. */
export type CatalogueType =
  /** Read as the type `typeOid`. If that type is not built in either (an enum, a composite …), the value is text. */
  | { readonly kind: 'scalar'; readonly typeOid: number }
  /** `delimiter` stands between the elements; a comma for nearly every type. */
  | { readonly kind: 'array'; readonly delimiter: string; readonly element: CatalogueType }
  /** The key-value type of the extension `hstore`. */
  | { readonly kind: 'hstore' }

export interface Relation {
  readonly schema: string
  readonly table: string
  readonly columns: readonly Column[]
  /** `d` default, `n` nothing, `f` full, `i` index. */
  readonly replicaIdentity: 'default' | 'nothing' | 'full' | 'index'
  /** A captured table has the same name, but is another table: one of the two replaced the other. */
  readonly isReplaced?: true
  /**
   * The captured table whose changes come under the name of this table. This table is not captured; it is a published table that has the
   * captured table as a partition.
   */
  readonly hides?: TableName
}

export interface TableName {
  readonly schema: string
  readonly table: string
}

/** Column name → value as Postgres prints it (text format); null = SQL NULL. A Map, because a column may have any name. */
export type Row = ReadonlyMap<string, string | null>

export type RowChange =
  | { readonly op: 'insert'; readonly relation: Relation; readonly after: Row }
  /** `before` is complete (REPLICA IDENTITY FULL). An untouched TOASTed value in `after` has been filled in from `before`. */
  | { readonly op: 'update'; readonly relation: Relation; readonly before: Row; readonly after: Row }
  | { readonly op: 'delete'; readonly relation: Relation; readonly before: Row }
  | { readonly op: 'truncate'; readonly relation: Relation }

/** What an application wrote beside its changes with `pg_logical_emit_message(true, 'hooklane', …)`. */
export interface EmittedContext {
  readonly prefix: string
  readonly byteLength: number
  /** Decodes the message; null: it is not text in the encoding of the database. */
  readonly readText: () => string | null
}

export interface TransactionInfo {
  readonly xid: string
  /** Final LSN of the Begin message = LSN of the commit record. */
  readonly commitLsn: bigint
  /** LSN after the commit record. This LSN is acknowledged to Postgres. */
  readonly commitEndLsn: bigint
  readonly committedAtMs: number
}
