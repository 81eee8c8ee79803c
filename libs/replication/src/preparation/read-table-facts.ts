import type { Client } from 'pg'

interface TableName {
  readonly schema: string
  readonly table: string
}

/** What the catalogue says about a table. */
export interface TableFacts {
  readonly oid: number
  /** Whether the table came with the server. */
  readonly isSystem: boolean
  readonly isTemporary: boolean
  readonly columns: readonly string[]
  /** Stored generated columns, which are in the WAL since PostgreSQL 18. The expression names columns without their table. */
  readonly storedColumns: readonly { readonly name: string; readonly expression: string }[]
  /** Generated columns that are computed when they are read, so that Postgres cannot write them to the WAL. */
  readonly virtualColumns: readonly string[]
  /** Columns of each valid unique index that covers all rows. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** Unique indexes that cover all rows but guarantee nothing, because creating them has failed or has not ended. */
  readonly invalidKeys: readonly (TableName & {
    readonly columns: readonly string[]
    readonly isPartitioned: boolean
  })[]
  /** Tables without REPLICA IDENTITY FULL, among the table and its partitions. */
  readonly withoutFull: readonly TableName[]
  /** UNLOGGED tables, among the table and its partitions. */
  readonly unlogged: readonly (TableName & { readonly isPartitioned: boolean })[]
  /** Partitions that are foreign tables. */
  readonly foreignPartitions: readonly TableName[]
  /** Tables that inherit from the table and are no partitions. A query of the table returns their rows; the WAL names their own table. */
  readonly children: readonly TableName[]
}

/** Unique indexes that are neither partial nor over an expression. */
const UNIQUE_KEYS = `
  SELECT n.nspname AS schema, x.relname AS table, x.relkind = 'I' AS "isPartitioned",
         i.indisvalid AND i.indisready AND i.indislive AS valid,
         (SELECT json_agg(a.attname) FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS columns
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
  WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
  ORDER BY x.relname`

/** The table and its partitions at any depth. */
const MEMBERS = `
  SELECT n.nspname AS schema, p.relname AS table, p.relkind, p.relpersistence, p.relreplident
  FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
  WHERE p.oid IN (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid))
  ORDER BY n.nspname, p.relname`

const CHILDREN = `
  SELECT n.nspname AS schema, p.relname AS table
  FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid JOIN pg_namespace n ON n.oid = p.relnamespace
  WHERE h.inhparent = c.oid AND NOT p.relispartition
  ORDER BY n.nspname, p.relname`

const COLUMNS = `
  SELECT a.attname AS name, a.attgenerated AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`

const rowsOf = (query: string): string => `coalesce((SELECT json_agg(row) FROM (${query}) AS row), '[]')`

/** Objects with a lower OID came with the server; publications cannot hold them. */
const FIRST_NORMAL_OID = 16_384

const FACTS = `
  SELECT c.oid::int8 AS oid, c.oid < ${FIRST_NORMAL_OID} AS is_system, c.relpersistence = 't' AS is_temporary,
         ${rowsOf(COLUMNS)} AS columns, ${rowsOf(UNIQUE_KEYS)} AS unique_keys,
         ${rowsOf(MEMBERS)} AS members, ${rowsOf(CHILDREN)} AS children
  FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`

interface FactsRow {
  readonly oid: string
  readonly is_system: boolean
  readonly is_temporary: boolean
  readonly columns: readonly { readonly name: string; readonly generated: string; readonly expression: string | null }[]
  readonly unique_keys: readonly (TableFacts['invalidKeys'][number] & { readonly valid: boolean })[]
  readonly members: readonly (TableName & {
    readonly relkind: string
    readonly relpersistence: string
    readonly relreplident: string
  })[]
  readonly children: readonly TableName[]
}

/** Null: there is no such table, or it is a view or a foreign table. */
export async function readTableFacts(client: Client, table: TableName): Promise<TableFacts | null> {
  const { rows } = await client.query<FactsRow>(FACTS, [table.schema, table.table])
  const row = rows[0]
  if (!row) return null
  const isForeign = ({ relkind }: FactsRow['members'][number]) => relkind === 'f'
  const local = row.members.filter((member) => !isForeign(member))
  return {
    oid: Number(row.oid),
    isSystem: row.is_system,
    isTemporary: row.is_temporary,
    columns: row.columns.map(({ name }) => name),
    storedColumns: row.columns
      .filter(({ generated }) => generated === 's')
      .map(({ name, expression }) => ({ name, expression: expression ?? '' })),
    virtualColumns: row.columns.filter(({ generated }) => generated === 'v').map(({ name }) => name),
    uniqueKeys: row.unique_keys.filter(({ valid }) => valid).map(({ columns }) => columns),
    invalidKeys: row.unique_keys.filter(({ valid }) => !valid),
    withoutFull: local.filter(({ relreplident }) => relreplident !== 'f'),
    unlogged: local
      .filter(({ relpersistence }) => relpersistence === 'u')
      .map((member) => ({ ...member, isPartitioned: member.relkind === 'p' })),
    foreignPartitions: row.members.filter(isForeign),
    children: row.children,
  }
}

/** A table, view or foreign table: a candidate for the table that a person meant, or for the new name of a renamed table. */
export interface CatalogueEntry extends TableName {
  readonly oid: number
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table'
}

const KINDS: Readonly<Record<string, CatalogueEntry['kind']>> = {
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
}

/** Returns all tables, views and foreign tables, except those of the server itself. */
export async function readTableNames(client: Client): Promise<readonly CatalogueEntry[]> {
  const { rows } = await client.query<{ oid: string; schema: string; table: string; relkind: string }>(`
    SELECT c.oid::int8 AS oid, s.nspname AS schema, c.relname AS table, c.relkind
    FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY s.nspname, c.relname`)
  return rows.map(({ oid, schema, table, relkind }) => ({
    oid: Number(oid),
    schema,
    table,
    kind: KINDS[relkind] ?? 'table',
  }))
}
