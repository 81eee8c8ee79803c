import { migrate } from '@hooklane/postgres'
import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** A database for one test file, on the server that DATABASE_URL names. */
export interface TestDatabase {
  readonly url: string
  /** Runs a statement as the server's administrator, to whom row-level security does not apply. */
  query<R extends object>(sql: string, values?: unknown[]): Promise<R[]>
  /** A session with an open transaction, under the control of the test. */
  transaction(): Promise<pg.Client>
  /** The number of sessions that are waiting for a lock now. */
  waiting(): Promise<number>
  /** Behaves as if the server were down: ends all connections and accepts no new ones. */
  refuseConnections(): Promise<void>
  acceptConnections(): Promise<void>
  /** Ends all connections to the database and drops it. */
  drop(): Promise<void>
}

const serverUrl = (): string => {
  const url = process.env.DATABASE_URL
  if (!url) throw new Error('DATABASE_URL must name a PostgreSQL server (npm test starts one)')
  return url
}

/** @param onServer URL of the server; default: the server that all tests share */
export async function createEmptyDatabase(prefix: string, onServer = serverUrl()): Promise<TestDatabase> {
  const name = `${prefix}_${randomBytes(4).toString('hex')}`
  // A pool, because the connection ends when a test restarts the server.
  const server = new pg.Pool({ connectionString: onServer, max: 1 })
  server.on('error', () => undefined)
  await server.query(`CREATE DATABASE ${name}`)
  const url = new URL(onServer)
  url.pathname = `/${name}`
  // A single connection, which is never closed while idle, so that a `SET` of a test stays in force for its next statements.
  const client = new pg.Pool({ connectionString: url.href, max: 1, idleTimeoutMillis: 0 })
  client.on('error', () => undefined)
  const sessions: pg.Client[] = []
  return {
    url: url.href,
    query: async <R extends object>(sql: string, values: unknown[] = []) => (await client.query<R>(sql, values)).rows,
    transaction: async () => {
      const session = new pg.Client({ connectionString: url.href, options: '-c search_path=hooklane' })
      // `refuseConnections` ends the session, which reports this as an error.
      session.on('error', () => undefined)
      sessions.push(session)
      await session.connect()
      await session.query('BEGIN')
      return session
    },
    waiting: async () => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return rows[0]?.n ?? 0
    },
    refuseConnections: async () => {
      await server.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
    },
    acceptConnections: async () => {
      await server.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
    },
    drop: async () => {
      await Promise.all([client, ...sessions].map((connection) => connection.end()))
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await server.end()
    },
  }
}

/** Creates a database with Hooklane's schema. */
export async function createTestDatabase(prefix: string): Promise<TestDatabase> {
  const database = await createEmptyDatabase(prefix)
  await migrate(database.url)
  return database
}
