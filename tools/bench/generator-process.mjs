/**
 * The PIM: changes products of many companies in transactions of several rows, over one connection. The CPU time of the Postgres process of
 * this connection is the PIM's cost.
 */
import pg from 'pg'
import { serve } from './remote.mjs'
import { ROWS_PER_TRANSACTION } from './world.mjs'

const SCHEMA = `
  CREATE TABLE product (
    id text PRIMARY KEY, company_id text NOT NULL, sku text NOT NULL, name jsonb NOT NULL, description text NOT NULL, price numeric(12, 2) NOT NULL,
    attributes jsonb NOT NULL, version int NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT now());
  ALTER TABLE product REPLICA IDENTITY FULL;`

const SEED = `
  INSERT INTO product (id, company_id, sku, name, description, price, attributes)
  SELECT company || '-' || number, company, 'SKU-' || number,
    jsonb_build_object('en', 'Lamp ' || number), $3, number,
    jsonb_build_object('watts', number)
  FROM unnest($1::text[]) AS company, generate_series(1, $2::int) AS number`

const CHANGE = {
  name: 'change',
  text: 'UPDATE product SET price = price + 0.01, version = version + 1, updated_at = now() WHERE id = ANY($1)',
}

const PRODUCTS_PER_COMPANY = 50

/** @type {pg.Client | null} */
let client = null
let companies = /** @type {string[]} */ ([])
/** Number of transactions so far. Each transaction changes the next company, and the next rows of that company. */
let transactions = 0

/** @param {number} transaction @returns {string[]} */
function rowsOf(transaction) {
  const company = companies[transaction % companies.length]
  const first = (Math.floor(transaction / companies.length) * ROWS_PER_TRANSACTION) % PRODUCTS_PER_COMPANY
  return Array.from({ length: ROWS_PER_TRANSACTION }, (_, index) => `${company}-${first + index + 1}`)
}

const database = () => {
  if (client === null) throw new Error('call open first')
  return client
}

serve({
  /** @param {string} databaseUrl @returns {Promise<number>} the backend's process id */
  open: async (databaseUrl) => {
    client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query(SCHEMA)
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    return rows[0].pid
  },
  /** Creates the companies' products. Call it before apps subscribe. @param {string[]} names @param {number} textLength */
  seed: async (names, textLength) => {
    const text = 'A lamp for long evenings. '.repeat(Math.ceil(textLength / 26)).slice(0, textLength)
    await database().query(SEED, [names, PRODUCTS_PER_COMPANY, text])
    companies = names
    transactions = 0
  },
  /** Commits this number of row changes; the companies take turns. @param {number} changes a multiple of `ROWS_PER_TRANSACTION` */
  write: async (changes) => {
    for (let written = 0; written < changes; written += ROWS_PER_TRANSACTION) {
      await database().query({ ...CHANGE, values: [rowsOf(transactions)] })
      transactions += 1
    }
  },
  close: () => client?.end(),
})
