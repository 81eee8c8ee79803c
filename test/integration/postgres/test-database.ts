import { migrate } from '@hooklane/postgres'
import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** A database of one test file's own, on the server that DATABASE_URL names. */
export interface TestDatabase {
  readonly url: string
  /** As the server's administrator, past row-level security. */
  query<R extends object>(sql: string, values?: unknown[]): Promise<R[]>
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
  return {
    url: url.href,
    query: async <R extends object>(sql: string, values: unknown[] = []) => (await client.query<R>(sql, values)).rows,
    refuseConnections: async () => {
      await server.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name])
    },
    acceptConnections: async () => {
      await server.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`)
    },
    drop: async () => {
      await client.end()
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
