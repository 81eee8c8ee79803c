import pg from 'pg'

/**
 * Settings with which this tool's own sessions print and read values. They override the settings of the database and of the role, which
 * hostile changes alter.
 */
const PRINTING = {
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  timezone: 'UTC',
  search_path: 'public',
}

/**
 * Connects to a database.
 *
 * @param {string} url
 * @param {{ lockTimeoutMs?: number, name?: string }} [options] - `lockTimeoutMs`: how long a statement waits for a
 *   lock. A waiting change of the catalogue blocks all later statements on its table, so it must give up.
 * @returns {Promise<pg.Client>}
 */
export async function connectTo(url, { lockTimeoutMs = 10_000, name = 'capture-verify' } = {}) {
  const settings = { ...PRINTING, lock_timeout: String(lockTimeoutMs), statement_timeout: '120000' }
  const options = Object.entries(settings).map(([setting, value]) => `-c ${setting}=${value.replaceAll(' ', '\\ ')}`)
  const client = new pg.Client({ connectionString: url, application_name: name, options: options.join(' ') })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Runs `work` on a connection of its own. @param {string} url @param {(client: pg.Client) => Promise<any>} work */
export async function withConnection(url, work) {
  const client = await connectTo(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** @param {string} serverUrl @param {string} name */
export function urlOf(serverUrl, name) {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}
