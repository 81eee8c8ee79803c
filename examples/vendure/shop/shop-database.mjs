import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

const NAME = 'vendure'

/**
 * Creates an empty database and a login that owns it. Outside this database, the login's only right is to replicate.
 * Vendure and Hooklane's event-producer both use this login.
 *
 * @param {string} serverUrl - The URL of a user who may create roles.
 * @param {string} timezone - The time zone in which the database's `now()` becomes a `timestamp` without zone.
 * @returns {Promise<string>} the database's URL
 */
export async function createShopDatabase(serverUrl, timezone) {
  const password = randomBytes(18).toString('base64url')
  await withClient(serverUrl, async (client) => {
    await client.query(`CREATE ROLE ${NAME} LOGIN REPLICATION PASSWORD ${client.escapeLiteral(password)}`)
    await client.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`)
    await client.query(`ALTER DATABASE ${NAME} SET timezone = ${client.escapeLiteral(timezone)}`)
  })
  const url = new URL(serverUrl)
  url.username = NAME
  url.password = password
  url.pathname = `/${NAME}`
  return url.href
}

/**
 * Prepares Vendure's tables for capture. Vendure must have created them.
 *
 * @param {string} databaseUrl
 */
export async function prepareForCapture(databaseUrl) {
  const statements = await readFile(join(import.meta.dirname, '..', 'prepare.sql'), 'utf8')
  await withClient(databaseUrl, (client) => client.query(statements))
}

/**
 * @param {string} url
 * @param {(client: pg.Client) => Promise<unknown>} work
 */
async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
