import { VALUE_SETTINGS, withSessionSettings } from '@hooklane/core/capture'
import type { Client } from 'pg'
import { SourceRefused } from './source-refused.js'

/**
 * How every session on a captured database starts, whatever postgresql.conf, the database or the role is set to: with values printed as
 * they are read, with nothing found but what is named whole, and with no limit of time, because a slot is made only when every open
 * transaction has ended, and a large transaction is streamed for as long as it takes.
 */
const CAPTURE_SETTINGS: Readonly<Record<string, string>> = {
  ...VALUE_SETTINGS,
  search_path: 'pg_catalog',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
}

/** The source's URL with these settings; options that it has are kept. The only one to connect with. */
export const captureUrl = (databaseUrl: string): string => withSessionSettings(databaseUrl, CAPTURE_SETTINGS)

/** The limit that came with 17: a server before it refuses a session that names it at its start. */
const LIFT_TRANSACTION_TIMEOUT = `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`

const asked = Object.entries(CAPTURE_SETTINGS).map(([name, value]) => `('${name}', '${value}')`)
const DIFFERENT = `
  SELECT name || ' is ' || pg_catalog.current_setting(name) AS difference FROM (VALUES ${asked.join(', ')}) AS asked (name, value)
  WHERE replace(pg_catalog.current_setting(name), ' ', '') <> value`

/**
 * What a session on a captured database does first. Statements without parameters, as a replication session takes them.
 * @throws SourceRefused when the session has not the settings that it asked for: values would be read otherwise than they are
 */
export async function beginCaptureSession(client: Pick<Client, 'query'>): Promise<void> {
  const { rows } = await client.query<{ difference: string }>(DIFFERENT)
  if (rows.length > 0) {
    throw new SourceRefused(
      'DATABASE_ERROR',
      `a session did not get the settings that it asked for (${rows.map(({ difference }) => difference).join(', ')}): a connection ` +
        `pooler drops them, or an event trigger changes them at the login. Name PostgreSQL itself in the source's URL, and leave the ` +
        `login of Hooklane out of the trigger`,
    )
  }
  await client.query(LIFT_TRANSACTION_TIMEOUT)
}
