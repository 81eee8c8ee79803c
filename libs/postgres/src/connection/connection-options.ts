import { VALUE_SETTINGS, withSessionSettings } from '@hooklane/core/capture'
import type { Client, PoolConfig } from 'pg'
import { SCHEMA, type ServiceRole } from './role.js'

export const DEFAULT_MAX_CONNECTIONS = 10

export interface ConnectionOptions {
  /** `postgres://…` */
  readonly url: string
  /** The role to set on every connection, if it exists and the login may set it. */
  readonly role?: ServiceRole
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string
  /** Maximum number of connections. Too low: requests wait for a connection. Too high: the server runs out of connections. Default 10. */
  readonly maxConnections?: number
  /** The server cancels a statement after this time. Default 5,000. */
  readonly statementTimeoutMs?: number
  /** Called when an idle connection breaks. The pool replaces the connection by itself. Default: nothing is called. */
  readonly onIdleError?: (error: Error) => void
}

/** Does nothing if the role is missing or the login may not set it: `migrate` has warned about it. */
const TAKE_ROLE = `
  SELECT set_config('role', rolname, false) FROM pg_roles
  WHERE rolname = $1
    AND pg_has_role(current_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)`

/**
 * Returns the URL with session settings for our schema and for the value formats that the driver expects. The session settings override
 * those of the server, the database and the role. Other options of the URL are kept.
 */
export const sessionUrl = (url: string): string => withSessionSettings(url, { ...VALUE_SETTINGS, search_path: SCHEMA })

/** Settings of a `pg` pool: schema, role, value formats, and time limits on the server and the client. */
export function poolConfig(options: ConnectionOptions): PoolConfig & { onConnect(client: Client): Promise<void> } {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000
  return {
    connectionString: sessionUrl(options.url),
    application_name: options.applicationName ?? 'hooklane',
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    // The client gives up a little later than the server, so that it usually gets the server's error, which it can classify.
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
