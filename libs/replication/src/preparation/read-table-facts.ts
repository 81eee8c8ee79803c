import type { Client } from 'pg'

/** What the catalogue says of a table. */
export interface TableFacts {
  readonly oid: number
  readonly columns: readonly string[]
  /** Columns of each unique index that covers all rows. */
  readonly uniqueKeys: readonly (readonly string[])[]
  /** The table and its partitions, as far as they lack REPLICA IDENTITY FULL. */
  readonly withoutFull: readonly { readonly schema: string; readonly table: string }[]
  /** Computed when read: Postgres cannot write them to the log. */
  readonly virtualColumns: readonly string[]
}

const FACTS = `
  SELECT
    c.oid::int8 AS oid,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = 'v') AS virtual_columns,
    coalesce((
      SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL), '[]') AS unique_keys,
    coalesce((
      SELECT json_agg(json_build_object('schema', n.nspname, 'table', p.relname) ORDER BY n.nspname, p.relname)
      FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
      WHERE p.relreplident <> 'f' AND p.oid IN (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid))), '[]') AS without_full
  FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')`

/** Null: there is no such table, or it is a view or foreign. */
export async function readTableFacts(
  client: Client,
  table: { readonly schema: string; readonly table: string },
): Promise<TableFacts | null> {
  const { rows } = await client.query<{
    oid: string
    columns: string[]
    virtual_columns: string[]
    unique_keys: string[][]
    without_full: { schema: string; table: string }[]
  }>(FACTS, [table.schema, table.table])
  const row = rows[0]
  if (!row) return null
  return {
    oid: Number(row.oid),
    columns: row.columns,
    virtualColumns: row.virtual_columns,
    uniqueKeys: row.unique_keys,
    withoutFull: row.without_full,
  }
}

/** Something that a person might have meant, or that a table has become. */
export interface CatalogueEntry {
  readonly oid: number
  readonly schema: string
  readonly table: string
  /** Only tables are in the log. */
  readonly isTable: boolean
}

/** All tables and what looks like one, but for those of the server itself. */
export async function readTableNames(client: Client): Promise<readonly CatalogueEntry[]> {
  const { rows } = await client.query<{ oid: string; schema: string; table: string; is_table: boolean }>(`
    SELECT c.oid::int8 AS oid, s.nspname AS schema, c.relname AS table, c.relkind IN ('r', 'p') AS is_table
    FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY s.nspname, c.relname`)
  return rows.map(({ oid, schema, table, is_table }) => ({ oid: Number(oid), schema, table, isTable: is_table }))
}
