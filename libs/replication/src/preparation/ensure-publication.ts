import { DatabaseError, type Client } from 'pg'
import type { ReplicatedSource, SourceHistory, TableOids } from '../replicated-source.js'
import { ChangesMissing, SourceRefused, type Gap } from '../source-refused.js'
import type { ServerFacts } from './check-server.js'
import { GENERATED_SINCE } from './generated-columns.js'
import { quoteName, quoteTable } from './quote.js'

interface Publication {
  readonly isOfAllTables: boolean
  readonly publishesAll: boolean
  readonly viaRoot: boolean
  readonly publishesGenerated: boolean
  readonly members: readonly Member[]
  /** Of the source's tables: their changes are logged under their partitions' names unless it publishes via the root. */
  readonly partitioned: ReadonlySet<number>
  /** Of the source's tables: those with stored generated columns. */
  readonly generated: ReadonlySet<number>
}

interface Member {
  readonly oid: number
  /** As SQL writes it. */
  readonly quoted: string
  /** A column list or a row filter stands on it. */
  readonly isNarrowed: boolean
}

export interface EnsurePublicationOptions {
  readonly server: ServerFacts
  /** Of the source's tables. */
  readonly tables: TableOids
  readonly history: SourceHistory
}

export interface EnsuredPublication {
  readonly isNew: boolean
  /** Tables that are published from now on, by their names. */
  readonly added: readonly string[]
}

/**
 * Makes the publication, or brings it to exactly the source's tables, whole: never column lists (under FULL they make the application's
 * UPDATEs fail) and never row filters. Without the right to, the refusal holds the statements.
 *
 * What was not published when it was committed will never come: a table that was captured before and is not published whole now has
 * lost changes, and is refused. A table that the source names for the first time is simply added.
 *
 * @throws ChangesMissing
 */
export async function ensurePublication(
  client: Client,
  source: ReplicatedSource,
  options: EnsurePublicationOptions,
): Promise<EnsuredPublication> {
  const publication = await readPublication(client, source.publication, options)
  refuseGaps(source, publication, options)
  const statements = plan(source, options.server, publication)
  for (const statement of statements) {
    try {
      await client.query(statement)
    } catch (error) {
      // Another instance made it at the same moment: what it made is looked at with the next attempt.
      if (!(error instanceof DatabaseError)) throw error
      throw new SourceRefused(
        'PUBLICATION',
        `the publication ${source.publication} cannot be brought in step with the captured tables (${error.message}): the login needs ` +
          `CREATE on the database and must own the tables, or somebody who does runs this once`,
        statements,
        error,
      )
    }
  }
  const published = new Set(publication?.members.map((member) => member.oid))
  const added = publication?.isOfAllTables ? [] : [...options.tables].filter(([, oid]) => !published.has(oid))
  return { isNew: publication === null, added: added.map(([name]) => name) }
}

/**
 * Whether the publication still is what it was made to be; changes nothing.
 * @throws ChangesMissing
 */
export async function inspectPublication(
  client: Client,
  source: ReplicatedSource,
  options: EnsurePublicationOptions,
): Promise<void> {
  refuseGaps(source, await readPublication(client, source.publication, options), options)
}

function refuseGaps(
  source: ReplicatedSource,
  publication: Publication | null,
  { tables, history }: EnsurePublicationOptions,
): void {
  if (history.kind !== 'open') return
  const gaps = new Map<string, Gap>()
  for (const [name, oid] of tables) {
    const reason = gapOf(source, publication, { name, oid, before: history.tables })
    if (reason !== null) gaps.set(name, { code: 'CHANGES_MISSING', reason })
  }
  if (gaps.size > 0) throw new ChangesMissing(gaps, source)
}

function gapOf(
  source: ReplicatedSource,
  publication: Publication | null,
  table: { readonly name: string; readonly oid: number; readonly before: TableOids },
): string | null {
  const { name, oid, before } = table
  const wasCaptured = [...before.values()].includes(oid)
  if (!wasCaptured) {
    return before.has(name) ? `${name} is another table than the one that was captured under this name` : null
  }
  if (!publication) return `the publication ${source.publication} was dropped`
  if (!publication.publishesAll) return `the publication ${source.publication} left out some operations`
  if (!publication.viaRoot && publication.partitioned.has(oid)) {
    return `the publication ${source.publication} named the partitions of ${name} instead of it (publish_via_partition_root)`
  }
  if (!publication.publishesGenerated && publication.generated.has(oid)) {
    return `the publication ${source.publication} left out the generated columns of ${name} (publish_generated_columns)`
  }
  if (publication.isOfAllTables) return null
  const member = publication.members.find((one) => one.oid === oid)
  if (!member) return `${name} was taken out of the publication ${source.publication}`
  return member.isNarrowed ? `the publication ${source.publication} left out rows or columns of ${name}` : null
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
  const members = publication.members.map((member) => member.quoted).sort()
  const isInStep = tables.join() === members.join() && !publication.members.some((member) => member.isNarrowed)
  if (!publication.isOfAllTables && !isInStep) {
    statements.push(`ALTER PUBLICATION ${name} SET TABLE ${tables.join(', ')};`)
  }
  return statements
}

async function readPublication(
  client: Client,
  name: string,
  { server, tables }: EnsurePublicationOptions,
): Promise<Publication | null> {
  // `t` (none) is what servers before 18 always do.
  const generated = server.version >= GENERATED_SINCE ? `p.pubgencols = 's'` : 'true'
  const { rows } = await client.query<{
    all_tables: boolean
    publishes_all: boolean
    via_root: boolean
    generated: boolean
    partitioned: string[]
    with_generated: string[]
    tables: { oid: number; schema: string; table: string; narrowed: boolean }[]
  }>(
    `SELECT p.puballtables AS all_tables, p.pubviaroot AS via_root, ${generated} AS generated,
            ARRAY(SELECT oid::int8 FROM pg_class WHERE oid = ANY ($2::oid[]) AND relkind = 'p') AS partitioned,
            ARRAY(SELECT DISTINCT attrelid::int8 FROM pg_attribute
                  WHERE attrelid = ANY ($2::oid[]) AND attgenerated = 's' AND NOT attisdropped) AS with_generated,
            p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AS publishes_all,
            coalesce((
              SELECT json_agg(json_build_object('oid', c.oid::int8, 'schema', n.nspname, 'table', c.relname,
                                                'narrowed', r.prqual IS NOT NULL OR r.prattrs IS NOT NULL))
              FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE r.prpubid = p.oid), '[]') AS tables
     FROM pg_publication p WHERE p.pubname = $1`,
    [name, [...tables.values()]],
  )
  const row = rows[0]
  if (!row) return null
  return {
    isOfAllTables: row.all_tables,
    publishesAll: row.publishes_all,
    viaRoot: row.via_root,
    publishesGenerated: row.generated,
    partitioned: new Set(row.partitioned.map(Number)),
    generated: new Set(row.with_generated.map(Number)),
    members: row.tables.map((table) => ({
      oid: table.oid,
      quoted: quoteTable(table),
      isNarrowed: table.narrowed,
    })),
  }
}
