import { VALUE_SETTINGS, withSessionSettings } from '@hooklane/core/capture'
import type { Client } from 'pg'
import { SourceUnreadable } from './source-unreadable.js'

/**
 * Settings of every session on a captured database. They override the settings in postgresql.conf, of the database and of the role:
 * - Values are printed in the form that we parse.
 * - Only `pg_catalog` is searched, so any other object needs its schema in its name.
 * - There is no timeout, because a slot is created only when every open transaction has ended, and because streaming a large transaction
 *   takes long.
 */
const CAPTURE_SETTINGS: Readonly<Record<string, string>> = {
  ...VALUE_SETTINGS,
  search_path: 'pg_catalog',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
}

/** Returns the source's URL with `CAPTURE_SETTINGS` added to its options. Every connection to a captured database must use this URL. */
export const captureUrl = (databaseUrl: string): string => withSessionSettings(databaseUrl, CAPTURE_SETTINGS)

/**
 * Removes `transaction_timeout` after the session has started. It cannot be a startup option, because the setting exists since PostgreSQL
 * 17, and an older server refuses a session whose startup options name it.
 */
const LIFT_TRANSACTION_TIMEOUT = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`

const asked = Object.entries(CAPTURE_SETTINGS).map(([name, value]) => `('${name}', '${value}')`)
const DIFFERENT = `
  SELECT name || ' is ' || pg_catalog.current_setting(name) AS difference FROM (VALUES ${asked.join(', ')}) AS asked (name, value)
  WHERE replace(pg_catalog.current_setting(name), ' ', '') <> value`

/**
 * Call it first in every session on a captured database. It uses only statements without parameters, because a replication session accepts
 * no parameters.
 * @throws SourceUnreadable when the session did not get the settings that it asked for, because Hooklane would misread values
 */
export async function beginCaptureSession(client: Pick<Client, 'query'>): Promise<void> {
  const { rows } = await client.query<{ difference: string }>(DIFFERENT)
  if (rows.length > 0) {
    throw new SourceUnreadable(
      'DATABASE_ERROR',
      `the session did not get the settings that it asked for (${rows.map(({ difference }) => difference).join(', ')}): a connection ` +
        `pooler drops them, or a login event trigger changes them. Let the source's URL lead to PostgreSQL itself, not to a ` +
        `pooler, and make the trigger skip the role of Hooklane`,
    )
  }
  await client.query(LIFT_TRANSACTION_TIMEOUT)
}
