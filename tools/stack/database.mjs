import { bundledProgram } from '../build/entries.mjs'
import { parseDatabaseUrl, unreachableDatabase } from './named-servers.mjs'
import { runTool } from './tool.mjs'

/** The name of Hooklane's own database, if DATABASE_URL names a server without a database. */
const DATABASE = 'hooklane'

/**
 * The URL of Hooklane's database on a server. This is the database that `serverUrl` names, or `hooklane` if `serverUrl` names no
 * database or `postgres`, the administration database of every server.
 *
 * @param {string} serverUrl
 * @returns {string}
 */
export function databaseUrlOn(serverUrl) {
  const url = parseDatabaseUrl(serverUrl)
  if (['', '/', '/postgres'].includes(url.pathname)) url.pathname = `/${DATABASE}`
  return url.href
}

/**
 * Creates the database unless it exists.
 *
 * @param {string} databaseUrl
 * @returns {Promise<void>}
 */
export async function ensureDatabase(databaseUrl) {
  const { default: pg } = await import('pg')
  if (await canConnect(pg.Client, databaseUrl)) return
  const administration = parseDatabaseUrl(databaseUrl)
  const name = decodeURIComponent(administration.pathname.slice(1))
  administration.pathname = '/postgres'
  const client = new pg.Client({ connectionString: administration.href })
  try {
    await client.connect()
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // Another process has created it meanwhile.
    if (/** @type {{ code?: string }} */ (error).code === '42P04') return
    throw unreachable(databaseUrl, error)
  } finally {
    await client.end()
  }
}

/**
 * Brings the schema and the roles up to date.
 *
 * @param {{ databaseUrl: string, env: NodeJS.ProcessEnv, signal?: AbortSignal | undefined }} options
 * @returns {Promise<void>}
 */
export async function migrateDatabase({ databaseUrl, env, signal }) {
  await runTool({
    what: 'The migration of the database',
    command: process.execPath,
    args: ['--enable-source-maps', bundledProgram('migrate')],
    env: { ...env, DATABASE_URL: databaseUrl },
    signal,
  })
}

/**
 * @param {typeof import('pg').Client} Client
 * @param {string} databaseUrl
 * @returns {Promise<boolean>} false when the server answers but has no such database
 */
async function canConnect(Client, databaseUrl) {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    return true
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code === '3D000') return false
    throw unreachable(databaseUrl, error)
  } finally {
    await client.end()
  }
}

/**
 * @param {string} databaseUrl
 * @param {unknown} error
 */
function unreachable(databaseUrl, error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
  return unreachableDatabase(databaseUrl, message || String(code))
}
