/** The content of the write-ahead log, before it is interpreted. `libs/replication` produces it, `capture/` interprets it. */

export interface Column {
  readonly name: string
  /** Postgres type oid. */
  readonly typeOid: number
  /** `atttypmod`; -1 without. */
  readonly typeModifier: number
  /** What the catalogue says of a type that is not built in. Absent: it is built in, or the catalogue does not know it any more. */
  readonly type?: CatalogueType
}

/** How the text of a type that a database defines for itself is read. Domains are unwrapped. */
export type CatalogueType =
  /** Read as this type. An enum, a composite and whatever else is no built-in type is text. */
  | { readonly kind: 'scalar'; readonly typeOid: number }
  /** `delimiter` stands between the elements; a comma for nearly every type. */
  | { readonly kind: 'array'; readonly delimiter: string; readonly element: CatalogueType }
  /** The key-value type of the extension. */
  | { readonly kind: 'hstore' }

export interface Relation {
  readonly schema: string
  readonly table: string
  readonly columns: readonly Column[]
  /** `d` default, `n` nothing, `f` full, `i` index. */
  readonly replicaIdentity: 'default' | 'nothing' | 'full' | 'index'
  /** A captured table has its name, but is another table: this one was replaced by it, or it by this one. */
  readonly isReplaced?: true
  /** A captured table whose changes come as changes of this one, which is not captured: a partitioned table above it is published. */
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
  /** `before` is complete (REPLICA IDENTITY FULL); an untouched TOASTed value in `after` has been filled in from it. */
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
  /** LSN after the commit: what is acknowledged. */
  readonly commitEndLsn: bigint
  readonly committedAtMs: number
}
