import { VALUE_SETTINGS, withSessionSettings } from '@hooklane/core/capture'
import type { Client } from 'pg'
import { SourceUnreadable } from './source-unreadable.js'

/**
 * Settings of every session on a captured database, whatever postgresql.conf, the database or the role is set to:
 * - values are printed in the form that we parse;
 * - only `pg_catalog` is searched, so any other object needs its schema in its name;
 * - there is no timeout, because a slot is created only when every open transaction has ended, and because streaming a large transaction
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

/** The source's URL with these settings added; its own options are kept. Every connection to a captured database must use it. */
export const captureUrl = (databaseUrl: string): string => withSessionSettings(databaseUrl, CAPTURE_SETTINGS)

/**
 * Lifts `transaction_timeout`. It exists since PostgreSQL 17, and an older server refuses a session whose startup options name it, so it is
 * lifted afterwards.
 */
const LIFT_TRANSACTION_TIMEOUT = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`

const asked = Object.entries(CAPTURE_SETTINGS).map(([name, value]) => `('${name}', '${value}')`)
const DIFFERENT = `
  SELECT name || ' is ' || pg_catalog.current_setting(name) AS difference FROM (VALUES ${asked.join(', ')}) AS asked (name, value)
  WHERE replace(pg_catalog.current_setting(name), ' ', '') <> value`

/**
 * Has to be called first in every session on a captured database. Uses only statements without parameters, because a replication session
 * accepts no others.
 * @throws SourceUnreadable when the session did not get the settings that it asked for: values would be misread
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
