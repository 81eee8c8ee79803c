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
  /** Names of the tables that were added to the publication. */
  readonly added: readonly string[]
}

/** Stores the plan for the publication. Called before the change takes effect. When it throws, the publication is not changed. */
export type NotePlan = (plan: PlannedPublication) => Promise<void>

export interface ChangePublicationOptions extends EnsurePublicationOptions {
  /** The publication as the caller has read and judged it; null: there was no publication. */
  readonly judged: PublicationFacts | null
  readonly note: NotePlan
}

/**
 * How long the transaction that changes the publication may stay open while `note` stores the plan. Without a limit, a process that is
 * frozen meanwhile would keep its locks.
 */
const PLAN_LIMIT_MS = 10_000

/**
 * Creates or changes the publication so that it holds exactly the source's tables, with all columns and rows: it has neither row filters
 * nor column lists. Under REPLICA IDENTITY FULL, column lists would make the application's UPDATEs fail.
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
 * Like `ensurePublication`, for a source that is being read. Calls `note` before the change takes effect, so that after a crash in between
 * Hooklane knows that the change is its own. Does not call `note` when nothing has to change.
 *
 * @throws SourceUnreadable also when somebody else has changed the publication since it was judged. That publication may have left out
 *   changes of rows, and nothing would show this after our change
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
  // After the first of these statements nobody else can change which tables the publication names. But while the statement waited for locks
  // on the tables, somebody else may have changed the publication. Therefore it is compared once more.
  await execute(client, source, ofTables)
  await refuseOthers(client, source, { server, tables, judged })
  await execute(client, source, ofOptions)
  const plan = await readPlan(client, source, { server, tables })
  // When `note` fails, the error closes the connection, so that the transaction is rolled back.
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
      // One possible cause: another instance created the publication at the same moment. The next attempt then finds that publication.
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
