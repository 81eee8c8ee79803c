import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

const DATABASE = 'sample_pim'
export const COMPANY = 'cmp_nordlys'

/**
 * Opens the sample PIM's database. If the database does not exist, creates it with its tables and first rows. Otherwise changes nothing, so
 * that the user's changes are kept.
 *
 * @param {string} serverUrl
 * @returns {Promise<string>} the URL of the database
 */
export async function openPim(serverUrl) {
  const url = new URL(serverUrl)
  url.pathname = `/${DATABASE}`
  const server = new pg.Client({ connectionString: serverUrl })
  await server.connect()
  try {
    const { rowCount } = await server.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (rowCount === 0) await server.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await server.end()
  }
  await withPim(url.href, async (client) => {
    const { rows } = await client.query(`SELECT to_regclass('public.product') AS product`)
    if (rows[0].product === null) await client.query(await readFile(join(import.meta.dirname, 'pim.sql'), 'utf8'))
  })
  return url.href
}

/**
 * @template T
 * @param {string} url
 * @param {(client: pg.Client) => Promise<T>} work
 */
async function withPim(url, work) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Changes that a PIM user might make. Each entry is one transaction.
 *
 * @type {readonly { says: string, statements: readonly string[] }[]}
 */
const STORY = [
  {
    says: 'A new lamp',
    statements: [
      `INSERT INTO product (id, company_id, sku, name, price, brand_id, tags)
       VALUES ('prd_' || nextval('product_number'), '${COMPANY}', 'LAMP-' || currval('product_number'), '{"en": "Desk lamp", "de": "Tischlampe"}', 89.00, 'brd_3', '{new,lamps}')`,
    ],
  },
  {
    says: 'Its price falls and its German name changes, in one transaction: one event',
    statements: [
      `UPDATE product SET price = 79.00, version = version + 1 WHERE id = 'prd_' || (SELECT last_value FROM product_number)`,
      `UPDATE product SET name = jsonb_set(name, '{de}', '"Tischlampe Nord"'), version = version + 1 WHERE id = 'prd_' || (SELECT last_value FROM product_number)`,
    ],
  },
  {
    says: 'The brand is renamed and a category is added, in one transaction: two events',
    statements: [
      `UPDATE brand SET name = CASE name WHEN 'Nord' THEN 'Nord Living' ELSE 'Nord' END WHERE id = 'brd_3'`,
      `INSERT INTO category (id, company_id, name) VALUES ('cat_' || nextval('category_number'), '${COMPANY}', '{"en": "Reading lamps"}')`,
    ],
  },
  {
    says: 'A product is saved without a change (only updated_at changes): no event',
    statements: [`UPDATE product SET updated_at = now() WHERE id = 'prd_' || (SELECT last_value FROM product_number)`],
  },
  {
    says: 'The oldest lamp is taken out of the range (soft delete)',
    statements: [
      `UPDATE product SET deleted_at = now(), version = version + 1
       WHERE id = (SELECT id FROM product WHERE deleted_at IS NULL ORDER BY created_at, id LIMIT 1)`,
    ],
  },
]

/**
 * Makes the changes of the story, one transaction after another. Calls `tell` before each transaction.
 *
 * @param {string} url
 * @param {(says: string) => Promise<void>} tell
 */
export async function playStory(url, tell) {
  await withPim(url, async (client) => {
    for (const { says, statements } of STORY) {
      await tell(says)
      await client.query('BEGIN')
      await client.query(
        `SELECT pg_logical_emit_message(true, 'hooklane', '{"actor":{"type":"user","id":"usr_5","name":"M. Holm"},"source":{"kind":"ui"}}')`,
      )
      for (const statement of statements) await client.query(statement)
      await client.query('COMMIT')
    }
  })
}
