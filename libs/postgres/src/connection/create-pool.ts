import { Pool } from 'pg'
import { poolConfig, type ConnectionOptions } from './connection-options.js'

/** A pool of connections for statements that run too often for an object mapper. */
export type PgPool = Pool

/** Connects lazily. End it with `pool.end()`. `bigint` columns arrive as text, `timestamptz` as `Date`. */
export function createPool(options: ConnectionOptions): PgPool {
  const pool = new Pool(poolConfig(options))
  // Without this listener, an idle connection that breaks would end the process.
  pool.on('error', (error) => options.onIdleError?.(error))
  // A connection in use that breaks between two statements of a transaction would end the process too, because the pool listens only to
  // idle connections. The user of the connection gets the error with its next statement.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
