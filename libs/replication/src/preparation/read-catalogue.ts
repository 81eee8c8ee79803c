import {
  parseLsn,
  type CatalogueFacts,
  type CatalogueTable,
  type FoundLeaf,
  type PublicationFacts,
  type PublishedAncestor,
  type TableOids,
} from '@hooklane/core/capture'
import type { Client } from 'pg'
import { quoteTable } from './quote.js'
import type { ServerFacts } from './check-server.js'
import { GENERATED_SINCE } from './generated-columns.js'

export interface CatalogueOptions {
  readonly server: ServerFacts
  readonly publication: string
  /** The source's tables. */
  readonly tables: TableOids
}

/** A publication, with the names that are needed to change it. */
export interface FoundPublication extends PublicationFacts {
  /** Names of its tables, quoted for SQL. */
  readonly quoted: readonly string[]
}

/**
 * Reads the facts of the catalogue that decide how changes of a source's tables get into the WAL. Takes no lock on a table, except to read
 * the size of partitions that were attached.
 */
export async function readCatalogue(client: Client, options: CatalogueOptions): Promise<CatalogueFacts> {
  const startLsn = await readEndOfLog(client)
  const publication = await readPublication(client, options)
  const tables = await readTables(client, options)
  return { oids: options.tables, publication, tables, startLsn, endLsn: await readEndOfLog(client) }
}

async function readEndOfLog(client: Client): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn')
  const lsn = parseLsn(rows[0]?.lsn ?? '')
  if (lsn === null) throw new Error('PostgreSQL did not return the end of its write-ahead log')
  return lsn
}

/** Null: there is no such publication. */
export async function readPublication(
  client: Client,
  { server, publication: name }: Omit<CatalogueOptions, 'tables'>,
): Promise<FoundPublication | null> {
  // Before 18 generated columns are never published, so there is nothing to compare.
  const generated = server.version >= GENERATED_SINCE ? `p.pubgencols = 's'` : 'true'
  const { rows } = await client.query<{
    version: string
    all_tables: boolean
    publishes_all: boolean
    via_root: boolean
    generated: boolean
    tables: { oid: number; version: string; schema: string; table: string; narrowed: boolean }[]
  }>(
    `SELECT concat(p.oid, '/', p.xmin) AS version, p.puballtables AS all_tables, p.pubviaroot AS via_root, ${generated} AS generated,
            p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AS publishes_all,
            coalesce((
              SELECT json_agg(json_build_object('oid', c.oid::int8, 'version', concat(r.oid, '/', r.xmin), 'schema', n.nspname,
                                                'table', c.relname, 'narrowed', r.prqual IS NOT NULL OR r.prattrs IS NOT NULL))
              FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE r.prpubid = p.oid), '[]') AS tables
     FROM pg_publication p WHERE p.pubname = $1`,
    [name],
  )
  const row = rows[0]
  if (!row) return null
  return {
    name,
    version: row.version,
    isOfAllTables: row.all_tables,
    publishesAll: row.publishes_all,
    viaRoot: row.via_root,
    publishesGenerated: row.generated,
    members: new Map(row.tables.map(({ oid, version, narrowed }) => [oid, { version, isNarrowed: narrowed }])),
    quoted: row.tables.map(quoteTable),
  }
}

/**
 * Reads the tables and their partitions, and finds out which partitions were empty when they were linked to their parent (when their row of
 * `pg_inherits` was written):
 * - `as_partition`: the table was created as a partition (`CREATE TABLE … PARTITION OF`). Then the same transaction wrote at least one of
 *   its columns in an earlier command than the row of `pg_inherits`. ATTACH, in contrast, alters all existing columns in the command that
 *   writes this row, even when the same transaction created the table. `xmax` must be 0, because an alteration that was rolled back leaves
 *   the number of its command in the row of the column.
 * - `as_new`: the transaction that created the table also attached it. The table had no rows if its file is still empty. The empty file of
 *   an older table proves nothing, because the table may have been a partition before.
 *
 * `new` counts the `as_new` links, and `made` the `as_partition` links, from the leaf up to the first link of another kind. The size of a
 * table that is just being dropped is null.
 */
const TABLES = `
  WITH RECURSIVE joined AS (
    SELECT i.inhrelid, i.inhparent, i.xmin::text AS version, s.xmin = i.xmin AS as_new, s.xmin = i.xmin AND EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = i.inhrelid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.xmin = i.xmin AND a.xmax = '0' AND a.cmin::text::int8 < i.cmin::text::int8) AS as_partition
    FROM pg_inherits i JOIN pg_attribute s ON s.attrelid = i.inhrelid AND s.attname = 'ctid' AND s.attnum < 0
    WHERE NOT i.inhdetachpending
  ), tree AS (
    SELECT oid AS root, oid AS relid, '' AS path, 0 AS new, 0 AS made
    FROM pg_class WHERE oid = ANY ($1::oid[]) AND relkind IN ('r', 'p')
    UNION ALL
    SELECT t.root, j.inhrelid, concat(t.path, '/', j.version),
      CASE WHEN j.as_new THEN t.new + 1 ELSE 0 END, CASE WHEN j.as_partition THEN t.made + 1 ELSE 0 END
    FROM tree t JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'p' JOIN joined j ON j.inhparent = t.relid
  ), above AS (
    SELECT oid AS root, oid AS relid FROM pg_class WHERE oid = ANY ($1::oid[]) AND relispartition
    UNION ALL
    SELECT a.root, i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.relid WHERE NOT i.inhdetachpending
  )
  SELECT r.oid::int8 AS oid, r.relkind = 'p' AS partitioned,
    (SELECT json_agg(json_build_array(attname, attnum) ORDER BY attnum) FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ANY ($3)) AS columns,
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = r.oid AND attgenerated = 's' AND NOT attisdropped) AS generated,
    (SELECT json_build_object('name', concat(n.nspname, '.', c.relname), 'member', CASE
        WHEN m.prrelid IS NOT NULL THEN format('TABLE %I.%I', n.nspname, c.relname)
        WHEN s.pnnspid IS NOT NULL THEN format('TABLES IN SCHEMA %I', n.nspname) END)
     FROM above a JOIN pg_class c ON c.oid = a.relid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_publication p ON p.pubname = $2
       LEFT JOIN pg_publication_rel m ON m.prpubid = p.oid AND m.prrelid = a.relid
       LEFT JOIN pg_publication_namespace s ON s.pnpubid = p.oid AND s.pnnspid = c.relnamespace
     WHERE a.root = r.oid AND a.relid <> r.oid AND (p.puballtables OR m.prrelid IS NOT NULL OR s.pnnspid IS NOT NULL)
     ORDER BY n.nspname, c.relname LIMIT 1) AS published_as,
    coalesce((
      SELECT json_agg(json_build_object(
        'oid', c.oid::int8, 'file', c.relfilenode::text, 'path', t.path, 'by', c.xmin::text,
        'empty', CASE WHEN t.new > t.made AND pg_relation_size(c.oid) = 0 THEN t.new ELSE t.made END))
      FROM tree t JOIN pg_class c ON c.oid = t.relid WHERE t.root = r.oid AND c.relkind <> 'p'), '[]') AS leaves
  FROM pg_class r WHERE r.oid = ANY ($1::oid[])`

/** Values of `attgenerated` of the columns that are in the WAL. */
const loggedKinds = ({ version }: ServerFacts): string[] => (version >= GENERATED_SINCE ? ['', 's'] : [''])

async function readTables(
  client: Client,
  { server, tables, publication }: CatalogueOptions,
): Promise<ReadonlyMap<number, CatalogueTable>> {
  const { rows } = await client.query<{
    oid: string
    partitioned: boolean
    columns: readonly (readonly [name: string, attribute: number])[] | null
    generated: boolean
    published_as: PublishedAncestor | null
    leaves: { oid: number; file: string; path: string; by: string; empty: number }[]
  }>(TABLES, [[...tables.values()], publication, loggedKinds(server)])
  return new Map(
    rows.map((row) => [
      Number(row.oid),
      {
        isPartitioned: row.partitioned,
        columns: new Map(row.columns),
        hasGenerated: row.generated,
        publishedAs: row.published_as,
        leaves: new Map(
          row.leaves.map(({ oid, file, path, by, empty }): [number, FoundLeaf] => [
            oid,
            { file, path, alteredBy: by, emptyLinks: empty },
          ]),
        ),
      },
    ]),
  )
}
