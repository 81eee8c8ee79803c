import { VALUE_SETTINGS, withSessionSettings } from '@hooklane/core/capture'
import type { Client, PoolConfig } from 'pg'
import { SCHEMA, type ServiceRole } from './role.js'

export const DEFAULT_MAX_CONNECTIONS = 10

export interface ConnectionOptions {
  /** `postgres://…` */
  readonly url: string
  /** Taken on every connection when it exists and the login may take it. */
  readonly role?: ServiceRole
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string
  /** Most connections. Too few queue requests, too many exhaust the server. Default 10. */
  readonly maxConnections?: number
  /** The server ends a statement after this time. Default 5,000. */
  readonly statementTimeoutMs?: number
  /** Told about connections that break while idle; the pool replaces them by itself. Default: nobody. */
  readonly onIdleError?: (error: Error) => void
}

/** A role that is missing, or that the login may not take, is passed over: migrate warned about it. */
const TAKE_ROLE = `
  SELECT set_config('role', rolname, false) FROM pg_roles
  WHERE rolname = $1
    AND pg_has_role(current_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)`

/**
 * The URL of sessions that work in our schema and print values as the driver reads them, whatever the server, the database or the role
 * is set to. Options that the URL has are kept.
 */
export const sessionUrl = (url: string): string => withSessionSettings(url, { ...VALUE_SETTINGS, search_path: SCHEMA })

/** Settings of a `pg` pool: schema, role, UTC, and limits after which the server gives up on us. */
export function poolConfig(options: ConnectionOptions): PoolConfig & { onConnect(client: Client): Promise<void> } {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000
  return {
    connectionString: sessionUrl(options.url),
    application_name: options.applicationName ?? 'hooklane',
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    // The client gives up a little later than the server, so that an answer it can classify comes first.
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 2_000,
    lock_timeout: Math.min(2_000, statementTimeoutMs),
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    onConnect: async (client) => {
      if (options.role) await client.query(TAKE_ROLE, [options.role])
    },
  }
}
