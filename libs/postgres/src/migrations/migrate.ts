import { OWN_EVENT_TYPES, OWN_PRODUCER } from '@hooklane/contracts/public'
import { PARTITIONS, type TopicProfile } from '@hooklane/contracts/records'
import { Client, type DatabaseError } from 'pg'
import { sessionUrl } from '../connection/connection-options.js'
import { SCHEMA } from '../connection/role.js'
import { upsertEventTypes } from '../event-producer/upsert-event-types.js'
import { readMigrations, readRepeatableScripts, type Migration } from './migration-files.js'
import { insertWorkerGroup } from './seed-worker-group.js'

export interface MigrateOptions {
  /** Determines the partition counts of the group `shared-webhook` when it is created. Default `dev`. */
  readonly profile?: TopicProfile
  /** Called with one line per step. Default: nothing is called. */
  readonly log?: (line: string) => void
}

export interface MigrationOutcome {
  /** Names of the migrations that this run applied. */
  readonly applied: readonly string[]
  /** Rights that the login lacks, and what an administrator can do about it. */
  readonly warnings: readonly string[]
}

/** The database cannot be migrated to this version: a migration failed, changed after it was applied, or comes from a newer version. */
export class MigrationError extends Error {
  readonly code = 'MIGRATION_FAILED'
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'MigrationError'
  }
}

const LOCK_KEY = 'hooklane.migrate'

/**
 * Brings the schema `hooklane` of a database up to date. Applies each migration once, in order, in a transaction of its own. Then updates
 * roles, rights, the group `shared-webhook`, Hooklane's own event types and the log partitions of today and tomorrow (UTC). Concurrent runs
 * wait for each other.
 * @throws MigrationError
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<MigrationOutcome> {
  const log = options.log ?? (() => undefined)
  const warnings: string[] = []
  const client = new Client({ connectionString: sessionUrl(databaseUrl), application_name: 'hooklane-migrate' })
  client.on('notice', (notice) => {
    if (notice.severity !== 'WARNING') return
    warnings.push([notice.message, notice.hint].filter(Boolean).join('. '))
  })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [LOCK_KEY])
    await prepareSchema(client)
    const applied = await applyPending(client, log)
    for (const script of readRepeatableScripts())
      await inTransaction(client, script.name, () => client.query(script.sql))
    await seed(client, options.profile ?? 'dev')
    for (const warning of warnings) log(`warning: ${warning}`)
    log(applied.length === 0 ? 'the schema is up to date' : `${applied.length} migrations applied`)
    return { applied, warnings }
  } finally {
    await client.end()
  }
}

async function prepareSchema(client: Client): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migration (
    version int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
}

async function applyPending(client: Client, log: (line: string) => void): Promise<string[]> {
  const migrations = readMigrations()
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM schema_migration ORDER BY version',
  )
  const done = new Map(rows.map((row) => [row.version, row]))
  refuseNewerMigrations(migrations, rows)
  const applied: string[] = []
  for (const migration of migrations) {
    const before = done.get(migration.version)
    if (before) {
      if (before.checksum === migration.checksum) continue
      throw new MigrationError(
        `migrations/${migration.name} was changed after it was applied: undo the change and add a new migration`,
      )
    }
    await inTransaction(client, migration.name, async () => {
      await client.query(migration.sql)
      await client.query('INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.checksum,
      ])
    })
    applied.push(migration.name)
    log(`applied ${migration.name}`)
  }
  return applied
}

function refuseNewerMigrations(
  migrations: readonly Migration[],
  rows: readonly { version: number; name: string }[],
): void {
  const known = new Set(migrations.map((migration) => migration.version))
  const stranger = rows.find((row) => !known.has(row.version))
  if (!stranger) return
  throw new MigrationError(
    `the database was migrated by a newer version of Hooklane (migration ${stranger.name} is not known to this version): run the newer version`,
  )
}

async function seed(client: Client, profile: TopicProfile): Promise<void> {
  await inTransaction(client, 'seed', async () => {
    await client.query(`SET LOCAL hooklane.scope = 'operator'`)
    const { shared, slots } = PARTITIONS[profile]
    await insertWorkerGroup(client, { name: 'shared-webhook', partitions: shared, slots })
    await upsertEventTypes(
      client,
      OWN_EVENT_TYPES.map(({ name, resource, action, title }) => ({
        name,
        resource,
        action,
        title,
        source: OWN_PRODUCER,
      })),
    )
    await client.query(
      `SELECT ensure_log_partitions(((now() AT TIME ZONE 'UTC')::date + d)::date) FROM generate_series(0, 1) AS d`,
    )
  })
}

async function inTransaction(client: Client, what: string, work: () => Promise<unknown>): Promise<void> {
  await client.query('BEGIN')
  try {
    await work()
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    const { message, hint, position } = error as DatabaseError
    const where = position === undefined ? '' : ` at character ${position}`
    throw new MigrationError(`${what}: ${message}${where}${hint === undefined ? '' : ` (${hint})`}`, { cause: error })
  }
}
