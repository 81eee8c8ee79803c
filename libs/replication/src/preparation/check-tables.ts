import type { Client } from 'pg'
import type { ReplicatedTable } from '../replicated-source.js'
import { SourceRefused } from '../source-refused.js'
import { quoteName, quoteTable } from './quote.js'

interface TableFacts {
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

/**
 * Refuses tables that are missing, lack a column, whose rows the id does not tell apart, or whose old rows the log would not hold.
 *
 * Order matters: this comes before the publication. Once a table is published, Postgres refuses its UPDATEs and DELETEs when it has no
 * replica identity, and that would hit the application.
 */
export async function checkTables(client: Client, tables: readonly ReplicatedTable[]): Promise<void> {
  const withoutFull: { schema: string; table: string }[] = []
  for (const table of tables) {
    const facts = await readFacts(client, table)
    checkColumns(table, facts)
    withoutFull.push(...facts.withoutFull)
  }
  if (withoutFull.length === 0) return
  const names = withoutFull.map((table) => `${table.schema}.${table.table}`).join(', ')
  throw new SourceRefused(
    'REPLICA_IDENTITY',
    `the log does not hold the old rows of ${names}: REPLICA IDENTITY FULL is needed`,
    withoutFull.map((table) => `ALTER TABLE ${quoteTable(table)} REPLICA IDENTITY FULL;`),
  )
}

async function readFacts(client: Client, table: ReplicatedTable): Promise<TableFacts> {
  const { rows } = await client.query<{
    columns: string[]
    virtual_columns: string[]
    unique_keys: string[][]
    without_full: { schema: string; table: string }[]
  }>(FACTS, [table.schema, table.table])
  const row = rows[0]
  if (!row) {
    throw new SourceRefused(
      'TABLE_MISSING',
      `there is no table ${table.schema}.${table.table} (names are as in the catalogue, capitals included)`,
    )
  }
  return {
    columns: row.columns,
    virtualColumns: row.virtual_columns,
    uniqueKeys: row.unique_keys,
    withoutFull: row.without_full,
  }
}

function checkColumns(table: ReplicatedTable, facts: TableFacts): void {
  const name = `${table.schema}.${table.table}`
  const missing = [...new Set([...table.columns, ...table.id])].filter((column) => !facts.columns.includes(column))
  if (missing.length > 0) {
    throw new SourceRefused(
      'COLUMN_MISSING',
      `the table ${name} has no column ${missing.join(', ')}; it has ${facts.columns.join(', ')}`,
    )
  }
  if (facts.virtualColumns.length > 0) {
    throw new SourceRefused(
      'REPLICA_IDENTITY',
      `${name} cannot be captured: its virtual generated columns ${facts.virtualColumns.join(', ')} are not in the log, and under ` +
        `REPLICA IDENTITY FULL PostgreSQL would refuse every UPDATE of a published table that has them; make them STORED`,
    )
  }
  if (facts.uniqueKeys.some((key) => key.every((column) => table.id.includes(column)))) return
  throw new SourceRefused(
    'ID_NOT_UNIQUE',
    `no unique index says that ${table.id.join(', ')} tells the rows of ${name} apart`,
    [`CREATE UNIQUE INDEX ON ${quoteTable(table)} (${table.id.map(quoteName).join(', ')});`],
  )
}
