import {
  isChangedByOthers,
  type PublicationFacts,
  type PlannedPublication,
  type TableOids,
} from '@hooklane/core/capture'
import { DatabaseError, type Client } from 'pg'
import type { ReplicatedSource } from '../replicated-source.js'
import { consumerFailure, SourceUnreadable } from '../source-unreadable.js'
import type { ServerFacts } from './check-server.js'
import { GENERATED_SINCE } from './generated-columns.js'
import { quoteName, quoteTable } from './quote.js'
import { readPublication, type FoundPublication } from './read-catalogue.js'

export interface EnsurePublicationOptions {
  readonly server: ServerFacts
  /** OIDs of the source's tables. */
  readonly tables: TableOids
}

export interface EnsuredPublication {
  readonly isNew: boolean
  /** Tables that are published from now on, by their names. */
  readonly added: readonly string[]
}

/** Called with what the publication will be, before the change takes effect. When it throws, nothing changes. */
export type NotePlan = (plan: PlannedPublication) => Promise<void>

export interface ChangePublicationOptions extends EnsurePublicationOptions {
  /** The publication as it was judged; null: there was none. */
  readonly judged: PublicationFacts | null
  readonly note: NotePlan
}

/** How long a transaction may wait until its plan is noted. Without a limit, a process that is frozen meanwhile would keep its locks. */
const PLAN_LIMIT_MS = 10_000

/**
 * Creates the publication, or aligns it: it then holds exactly the source's tables, with all columns and rows. There are never column
 * lists, which under FULL make the application's UPDATEs fail, and never row filters.
 *
 * @throws SourceUnreadable with the statements to run, when the role may not run them
 */
export async function ensurePublication(
  client: Client,
  source: ReplicatedSource,
  { server, tables }: EnsurePublicationOptions,
): Promise<EnsuredPublication> {
  const publication = await readPublication(client, { server, publication: source.publication })
  const { ofTables, ofOptions } = statementsOf(source, server, publication)
  await execute(client, source, [...ofTables, ...ofOptions])
  return { isNew: publication === null, added: addedTo(publication, tables) }
}

/**
 * Like `ensurePublication`, for a source that is being read. The change is noted before it takes effect, so that after a crash in between
 * it can be told from a change by somebody else. Nothing is noted when nothing has to change.
 *
 * @throws SourceUnreadable also when somebody else has changed the publication since it was judged: after our change, nothing would show what
 *   theirs left out
 */
export async function changePublication(
  client: Client,
  source: ReplicatedSource,
  { server, tables, judged, note }: ChangePublicationOptions,
): Promise<EnsuredPublication> {
  const found = await readPublication(client, { server, publication: source.publication })
  const { ofTables, ofOptions } = statementsOf(source, server, found)
  if (ofTables.length + ofOptions.length === 0) {
    if (found && isChangedByOthers(judged, found, { tables, xid: null })) throw changedByOthers(source)
    return { isNew: false, added: [] }
  }
  await client.query('BEGIN')
  await client.query(`SET LOCAL idle_in_transaction_session_timeout = ${PLAN_LIMIT_MS}`)
  // After the first of these statements nobody else can change which tables the publication names. But the statement may have waited for
  // locks on the tables, so the publication is compared once more.
  await execute(client, source, ofTables)
  await refuseOthers(client, source, { server, tables, judged })
  await execute(client, source, ofOptions)
  const plan = await readPlan(client, source, { server, tables })
  // The error ends the connection, and the transaction with it.
  await note(plan).catch((error: unknown) => Promise.reject(consumerFailure(error)))
  await client.query('COMMIT')
  return { isNew: found === null, added: addedTo(found, tables) }
}

async function refuseOthers(
  client: Client,
  source: ReplicatedSource,
  { server, tables, judged }: Omit<ChangePublicationOptions, 'note'>,
): Promise<void> {
  const { publication } = source
  const found = await readPublication(client, { server, publication })
  const xid = await readOwnXid(client)
  if (!found || isChangedByOthers(judged, found, { tables, xid })) throw changedByOthers(source)
}

const changedByOthers = ({ publication }: ReplicatedSource): SourceUnreadable =>
  new SourceUnreadable(
    'PUBLICATION',
    `somebody else changed the publication ${publication} while it was checked; it is checked again`,
  )

async function readOwnXid(client: Client): Promise<string> {
  const { rows } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid')
  if (!rows[0]) throw new Error('PostgreSQL did not return the id of the transaction')
  return rows[0].xid
}

function addedTo(publication: FoundPublication | null, tables: TableOids): string[] {
  if (publication?.isOfAllTables) return []
  return [...tables].filter(([, oid]) => !publication?.members.has(oid)).map(([name]) => name)
}

async function readPlan(
  client: Client,
  source: ReplicatedSource,
  { server, tables }: EnsurePublicationOptions,
): Promise<PlannedPublication> {
  const made = await readPublication(client, { server, publication: source.publication })
  if (!made) throw new Error(`the publication ${source.publication} vanished in the transaction that changed it`)
  const members = [...tables.values()].flatMap((oid) => {
    const member = made.members.get(oid)
    return member ? [[oid, member.version] as const] : []
  })
  return { xid: await readOwnXid(client), tables, publication: made.version, members: new Map(members) }
}

async function execute(client: Client, source: ReplicatedSource, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    try {
      await client.query(statement)
    } catch (error) {
      // Another instance may have created it at the same moment; the next attempt looks at what it created.
      if (!(error instanceof DatabaseError)) throw error
      throw new SourceUnreadable(
        'PUBLICATION',
        `the publication ${source.publication} cannot be aligned with the captured tables (${error.message}): the login needs CREATE ` +
          `on the database and must own the tables, or somebody with these rights has to run this once`,
        { statements, cause: error },
      )
    }
  }
}

interface Statements {
  /** Statements that create the publication, or set which tables it names. */
  readonly ofTables: readonly string[]
  readonly ofOptions: readonly string[]
}

function statementsOf(source: ReplicatedSource, server: ServerFacts, publication: FoundPublication | null): Statements {
  const name = quoteName(source.publication)
  const tables = source.tables.map(quoteTable).sort()
  const options = [
    `publish = 'insert, update, delete, truncate'`,
    'publish_via_partition_root = true',
    ...(server.version >= GENERATED_SINCE ? ['publish_generated_columns = stored'] : []),
  ].join(', ')
  if (!publication) {
    return {
      ofTables: [`CREATE PUBLICATION ${name} FOR TABLE ${tables.join(', ')} WITH (${options});`],
      ofOptions: [],
    }
  }
  const isNarrowed = [...publication.members.values()].some((member) => member.isNarrowed)
  const isInStep = tables.join() === [...publication.quoted].sort().join() && !isNarrowed
  const areOptionsRight = publication.publishesAll && publication.viaRoot && publication.publishesGenerated
  return {
    ofTables:
      publication.isOfAllTables || isInStep ? [] : [`ALTER PUBLICATION ${name} SET TABLE ${tables.join(', ')};`],
    ofOptions: areOptionsRight ? [] : [`ALTER PUBLICATION ${name} SET (${options});`],
  }
}
