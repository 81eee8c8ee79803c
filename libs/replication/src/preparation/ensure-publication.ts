import { DatabaseError, type Client } from 'pg'
import type { ReplicatedSource } from '../replicated-source.js'
import { SourceRefused } from '../source-refused.js'
import type { ServerFacts } from './check-server.js'
import { quoteName, quoteTable } from './quote.js'

interface Publication {
  readonly isOfAllTables: boolean
  readonly publishesAll: boolean
  readonly viaRoot: boolean
  readonly publishesGenerated: boolean
  /** As SQL writes them, sorted. */
  readonly tables: readonly string[]
  /** A column list or a row filter stands on one of them. */
  readonly isNarrowed: boolean
}

/** Since 18 a table with stored generated columns under FULL can only be updated when its publication holds them. */
const GENERATED_SINCE = 180_000

/**
 * Makes the publication, or brings it to exactly the source's tables, whole: never column lists (under FULL they make the application's
 * UPDATEs fail) and never row filters. Without the right to, the refusal holds the statements.
 */
export async function ensurePublication(client: Client, source: ReplicatedSource, server: ServerFacts): Promise<void> {
  const statements = plan(source, server, await readPublication(client, source.publication, server))
  for (const statement of statements) {
    try {
      await client.query(statement)
    } catch (error) {
      // Another instance made it at the same moment: what it made is looked at with the next attempt.
      if (!(error instanceof DatabaseError)) throw error
      throw new SourceRefused(
        'PUBLICATION',
        `the publication ${source.publication} cannot be brought in step with the captured tables (${error.message})`,
        statements,
        error,
      )
    }
  }
}

function plan(source: ReplicatedSource, server: ServerFacts, publication: Publication | null): string[] {
  const name = quoteName(source.publication)
  const tables = source.tables.map(quoteTable).sort()
  const options = [
    `publish = 'insert, update, delete, truncate'`,
    'publish_via_partition_root = true',
    ...(server.version >= GENERATED_SINCE ? ['publish_generated_columns = stored'] : []),
  ].join(', ')
  if (!publication) return [`CREATE PUBLICATION ${name} FOR TABLE ${tables.join(', ')} WITH (${options});`]
  const statements: string[] = []
  if (!publication.publishesAll || !publication.viaRoot || !publication.publishesGenerated) {
    statements.push(`ALTER PUBLICATION ${name} SET (${options});`)
  }
  const isInStep = tables.join() === publication.tables.join() && !publication.isNarrowed
  if (!publication.isOfAllTables && !isInStep) {
    statements.push(`ALTER PUBLICATION ${name} SET TABLE ${tables.join(', ')};`)
  }
  return statements
}

async function readPublication(client: Client, name: string, server: ServerFacts): Promise<Publication | null> {
  // `t` (none) is what servers before 18 always do.
  const generated = server.version >= GENERATED_SINCE ? `p.pubgencols = 's'` : 'true'
  const { rows } = await client.query<{
    all_tables: boolean
    publishes_all: boolean
    via_root: boolean
    generated: boolean
    tables: { schema: string; table: string; narrowed: boolean }[]
  }>(
    `SELECT p.puballtables AS all_tables, p.pubviaroot AS via_root, ${generated} AS generated,
            p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AS publishes_all,
            coalesce((
              SELECT json_agg(json_build_object('schema', n.nspname, 'table', c.relname,
                                                'narrowed', r.prqual IS NOT NULL OR r.prattrs IS NOT NULL))
              FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE r.prpubid = p.oid), '[]') AS tables
     FROM pg_publication p WHERE p.pubname = $1`,
    [name],
  )
  const row = rows[0]
  if (!row) return null
  return {
    isOfAllTables: row.all_tables,
    publishesAll: row.publishes_all,
    viaRoot: row.via_root,
    publishesGenerated: row.generated,
    tables: row.tables.map(quoteTable).sort(),
    isNarrowed: row.tables.some((table) => table.narrowed),
  }
}
