import { migrate } from '@hooklane/postgres'
import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** A database of one test file's own, on the server that DATABASE_URL names. */
export interface TestDatabase {
  readonly url: string
  /** As the server's administrator, past row-level security. */
  query<R extends object>(sql: string, values?: unknown[]): Promise<R[]>
  /** A session in the hand of the test, with a transaction open in it. */
  transaction(): Promise<pg.Client>
  /** Statements that wait for a lock now. */
  waiting(): Promise<number>
  /** As if the server were away: ends all connections and takes no new ones. */
  refuseConnections(): Promise<void>
  acceptConnections(): Promise<void>
  /** Ends all connections to it and removes it. */
  drop(): Promise<void>
}

const serverUrl = (): string => {
  const url = process.env.DATABASE_URL
  if (!url) throw new Error('DATABASE_URL must name a PostgreSQL server (npm test starts one)')
  return url
}

/** @param on URL of another server than the one that all tests share */
export async function createEmptyDatabase(prefix: string, on = serverUrl()): Promise<TestDatabase> {
  const name = `${prefix}_${randomBytes(4).toString('hex')}`
  // A pool, because a server that a test restarts ends the connection.
  const server = new pg.Pool({ connectionString: on, max: 1 })
  server.on('error', () => undefined)
  await server.query(`CREATE DATABASE ${name}`)
  const url = new URL(on)
  url.pathname = `/${name}`
  // One connection: what a test sets in it stays for its next statement.
  const client = new pg.Pool({ connectionString: url.href, max: 1 })
  client.on('error', () => undefined)
  const sessions: pg.Client[] = []
  return {
    url: url.href,
    query: async <R extends object>(sql: string, values: unknown[] = []) => (await client.query<R>(sql, values)).rows,
    transaction: async () => {
      const session = new pg.Client({ connectionString: url.href, options: '-c search_path=hooklane' })
      // Ended by a test that lets the server go away.
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

/** With the schema in it. */
export async function createTestDatabase(prefix: string): Promise<TestDatabase> {
  const database = await createEmptyDatabase(prefix)
  await migrate(database.url)
  return database
}
