/**
 * The content of a capture file: which rows of which databases are entities, and how they appear in events.
 * Names of schemas, tables and columns are exactly those of the Postgres catalogue: no folding of case, no quotes.
 */
export interface CaptureConfiguration {
  readonly sources: readonly CaptureSource[]
}

/** One captured database. */
export interface CaptureSource {
  /** The producer's name in events and metrics. Part of every event's identity: renaming it makes a new producer. */
  readonly name: string
  /** Connection URL. Secret: never log it. */
  readonly database: string
  /** 0 to 65,535. A person raises it to start over, for example after a restore: all new positions sort above the old ones. */
  readonly epoch: number
  readonly company: CompanyRule
  /** IANA name of the zone in which `timestamp` without a zone is read. */
  readonly timezone: string
  /** Name of the replication slot. */
  readonly slot: string
  readonly publication: string
  /** Ids of gaps (missing changes) that a person has accepted: receivers are told to fetch the entities again. */
  readonly accept: readonly string[]
  readonly tables: readonly CapturedTable[]
}

/** How the company of a row is found: in a column, or one company for the whole database. */
export type CompanyRule =
  { readonly kind: 'column'; readonly column: string } | { readonly kind: 'value'; readonly value: string }

/** One table whose rows are entities. */
export interface CapturedTable {
  readonly schema: string
  readonly table: string
  /** First part of the event types: `products`. */
  readonly resource: string
  /** `entity.type`: `product`. */
  readonly entity: string
  /**
   * Columns of the entity's id, at least one. They must be unique in the table. The value of a single column is the id, unchanged. The
   * values of several columns are joined with `:`; in each of them, `%` is written as `%25` and `:` as `%3A`, so that no two rows have the
   * same id.
   */
  readonly id: readonly string[]
  /** Column of `entity.key`. */
  readonly key: string | null
  readonly url: UrlTemplate | null
  /** Column of `revision.number`. */
  readonly version: string | null
  /** A change of only these columns is no event. Their values are in `data`, never in `changes`. */
  readonly ignore: readonly string[]
  /** A change of only these columns is no event. Their values are never in `data` or `changes`. */
  readonly omit: readonly string[]
  /** Text columns that hold JSON; columns of type json and jsonb need not be listed. */
  readonly json: readonly string[]
  /** A row in which this column is not null counts as deleted. */
  readonly deleted: { readonly column: string } | null
  /** Only rows for which all conditions hold are entities. */
  readonly when: readonly RowCondition[]
  readonly actor: ActorColumns | null
}

/**
 * Holds when the column's value and the constant are the same as text (`true` equals "true"), or when both are null. A constant that is a
 * number also equals every value that is the same number: the constant 1.5 equals the value `1.50`, the constant "1.5" does not.
 */
export interface RowCondition {
  readonly column: string
  readonly equals: string | number | boolean | null
}

/** Columns that say who changed the row last. */
export interface ActorColumns {
  readonly id: string | null
  readonly type: string | null
  readonly name: string | null
}

/** A URL in pieces. `{id}` is the entity's id, `{name}` a column; values are percent-encoded, a null value makes the URL null. */
export type UrlTemplate = readonly UrlPart[]
export type UrlPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'id' }
  | { readonly kind: 'column'; readonly column: string }

/** `public.product`, the name under which a table stands in messages and metrics. */
export const qualifiedName = (table: { readonly schema: string; readonly table: string }): string =>
  `${table.schema}.${table.table}`
