/**
 * Writes changes into its own PIM database and records the committed events of each company in their order. Each company has one connection
 * at a time, so the order in which the database answers the commits is the order in which they happened.
 */
import pg from 'pg'

const SCHEMA = `
  CREATE TABLE brand (
    id text PRIMARY KEY, company_id text NOT NULL, name text NOT NULL, marker int NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE category (
    id text PRIMARY KEY, company_id text NOT NULL, parent_id text, name text NOT NULL, marker int NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
  CREATE TABLE product (
    id text PRIMARY KEY, company_id text NOT NULL, sku text NOT NULL, name jsonb NOT NULL, price numeric(12, 2) NOT NULL, brand_id text,
    version int NOT NULL DEFAULT 1, marker int NOT NULL, deleted_at timestamptz, updated_at timestamptz NOT NULL DEFAULT now());
  -- Not captured: the last transaction of each company. If the answer to a COMMIT was lost, this table shows whether the COMMIT took effect.
  CREATE TABLE ledger (company_id text PRIMARY KEY, number int NOT NULL);
  ALTER TABLE brand REPLICA IDENTITY FULL;
  ALTER TABLE category REPLICA IDENTITY FULL;
  ALTER TABLE product REPLICA IDENTITY FULL;`

/** The capture file of this PIM. */
export const CAPTURE = `sources:
  - name: demo
    database: \${DEMO_DATABASE_URL}
    company: { column: company_id }
    tables:
      public.product:
        resource: products
        entity: product
        id: id
        key: sku
        version: version
        ignore: [updated_at]
        deleted: { column: deleted_at }
      public.brand: { resource: brands, entity: brand, id: id, ignore: [updated_at] }
      public.category: { resource: categories, entity: category, id: id, ignore: [updated_at] }
`

/** @param {string} serverUrl @param {string} name @returns {Promise<string>} the new database's URL */
export async function createDatabase(serverUrl, name) {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** @param {string} databaseUrl */
export async function createPim(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(SCHEMA)
  await client.end()
}

/** A small random number generator (Mulberry32), so that a run can be repeated from its seed. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** @typedef {import('./checker.mjs').Expected} Expected */

/** @typedef {{ number: number, changes: number, events: Omit<Expected, 'committedAt'>[], undo: (() => void)[] }} Transaction */

/** Makes all changes of one company, one transaction after another. */
export class CompanyWriter {
  /** @type {Expected[]} */
  expected = []
  changes = 0
  #next = 1
  #number = 0
  /** The transaction that is running or whose COMMIT was not answered. @type {Transaction | null} */
  #open = null
  /** @type {Map<string, string[]>} ids of existing entities, by kind */
  #living = new Map([
    ['product', []],
    ['brand', []],
    ['category', []],
  ])

  /** @param {import('pg').Client} client @param {string} company @param {() => number} chance */
  constructor(client, company, chance) {
    this.client = client
    this.company = company
    this.chance = chance
  }

  /**
   * Commits one transaction of one to three row changes, each of another entity. `changes` counts row changes. If this method throws, call
   * `resume` with another connection to go on.
   */
  async commitOne() {
    const transaction = this.#begin()
    const statements = 1 + Math.floor(this.chance() * 3)
    const touched = new Set()
    let isComplete = false
    try {
      await this.client.query('BEGIN')
      for (let i = 0; i < statements; i += 1) {
        const event = await this.#change(touched)
        if (event) transaction.events.push(event)
      }
      await this.client.query(
        'INSERT INTO ledger VALUES ($1, $2) ON CONFLICT (company_id) DO UPDATE SET number = excluded.number',
        [this.company, transaction.number],
      )
      isComplete = true
      await this.client.query('COMMIT')
    } catch (error) {
      // If no COMMIT was sent, the database rolled the transaction back. If only the answer to the COMMIT is missing, the ledger shows
      // the outcome (see `resume`).
      if (!isComplete) this.#takeBack(transaction)
      throw error
    }
    this.#settle(transaction)
  }

  /**
   * Goes on with another connection. First finds out whether a COMMIT without an answer took effect.
   *
   * @param {import('pg').Client} client
   */
  async resume(client) {
    const { rows } = await client.query('SELECT number FROM ledger WHERE company_id = $1', [this.company])
    this.client = client
    const transaction = this.#open
    if (!transaction) return
    if (Number(rows[0]?.number ?? 0) >= transaction.number) this.#settle(transaction)
    else this.#takeBack(transaction)
  }

  #begin() {
    if (this.#open) throw new Error('the outcome of the last transaction is unknown: call resume first')
    this.#number += 1
    this.#open = { number: this.#number, changes: this.changes, events: [], undo: [] }
    return this.#open
  }

  /** @param {Transaction} transaction */
  #settle({ events }) {
    const committedAt = Date.now()
    for (const event of events) this.expected.push({ ...event, committedAt })
    this.#open = null
  }

  /** @param {Transaction} transaction */
  #takeBack({ changes, undo }) {
    this.changes = changes
    for (const step of undo.toReversed()) step()
    this.#open = null
  }

  /** @param {Set<string>} touched ids that this transaction has changed: two changes of one entity would be folded into one event */
  async #change(touched) {
    const dice = this.chance()
    const kind = dice < 0.7 ? 'product' : dice < 0.85 ? 'brand' : 'category'
    const living = /** @type {string[]} */ (this.#living.get(kind))
    const act = this.chance()
    const place = Math.floor(this.chance() * living.length)
    const id = living[place]
    if (id === undefined || living.length < 5 || act < 0.25) return this.#create(kind, living, touched)
    if (touched.has(id)) return null
    touched.add(id)
    if (act < 0.35) return this.#touchIgnoredColumn(kind, id)
    if (act < 0.45) return this.#remove(kind, id, living, place)
    return this.#update(kind, id)
  }

  /** @param {string} kind @param {string[]} living @param {Set<string>} touched */
  async #create(kind, living, touched) {
    const marker = this.#mark()
    const id = `${this.company}-${kind}-${marker}`
    touched.add(id)
    living.push(id)
    this.#open?.undo.push(() => living.pop())
    if (kind === 'product') {
      const name = JSON.stringify({ en: `Lamp ${marker}`, de: `Leuchte ${marker} äöü`, 12: 'numeric key' })
      await this.client.query(
        'INSERT INTO product (id, company_id, sku, name, price, marker) VALUES ($1, $2, $3, $4, $5, $6)',
        [id, this.company, `SKU-${marker}`, name, `${marker % 1000}.90`, marker],
      )
    } else {
      await this.client.query(`INSERT INTO ${kind} (id, company_id, name, marker) VALUES ($1, $2, $3, $4)`, [
        id,
        this.company,
        `${kind} ${marker}`,
        marker,
      ])
    }
    return this.#event(kind, 'created', id, marker)
  }

  /** @param {string} kind @param {string} id */
  async #update(kind, id) {
    const marker = this.#mark()
    const rest = kind === 'product' ? `, price = price + 1, version = version + 1` : `, name = name || '.'`
    await this.client.query(`UPDATE ${kind} SET marker = $2, updated_at = now()${rest} WHERE id = $1`, [id, marker])
    return this.#event(kind, 'updated', id, marker)
  }

  /** Changes only an ignored column, which makes no event. @param {string} kind @param {string} id */
  async #touchIgnoredColumn(kind, id) {
    await this.client.query(`UPDATE ${kind} SET updated_at = clock_timestamp() WHERE id = $1`, [id])
    this.changes += 1
    return null
  }

  /**
   * Deletes an entity; half of the products are soft-deleted.
   *
   * @param {string} kind
   * @param {string} id
   * @param {string[]} living
   * @param {number} place
   */
  async #remove(kind, id, living, place) {
    living.splice(place, 1)
    this.#open?.undo.push(() => living.splice(place, 0, id))
    this.changes += 1
    const { rows } = await this.client.query(`SELECT marker FROM ${kind} WHERE id = $1`, [id])
    const soft = kind === 'product' && this.chance() < 0.5
    if (soft) await this.client.query('UPDATE product SET deleted_at = now() WHERE id = $1', [id])
    else await this.client.query(`DELETE FROM ${kind} WHERE id = $1`, [id])
    return this.#event(kind, 'deleted', id, Number(rows[0].marker))
  }

  /** @param {string} kind @param {string} action @param {string} id @param {number} marker */
  #event(kind, action, id, marker) {
    const resource = kind === 'category' ? 'categories' : `${kind}s`
    return { type: `${resource}.${action}`, entity: `${kind}/${id}`, marker }
  }

  #mark() {
    this.changes += 1
    return this.#next++
  }
}
