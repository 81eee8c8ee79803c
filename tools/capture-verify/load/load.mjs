import { setTimeout as delay } from 'node:timers/promises'
import { connectTo } from '../world/connections.mjs'
import { commitLarge } from './large.mjs'
import { insert, someStatements } from './statements.mjs'
import { HOSTILE_TABLES } from '../pim/tables.mjs'

const WRITERS = 3
/** The average pause of a writer between two transactions: about fifty row changes a second in total. */
const PAUSE_MS = 90
/** The share of transactions that are large. */
const LARGE_SHARE = 0.003
const LARGE_ROWS = { min: 2_000, max: 4_000 }
/**
 * How long an additional writer keeps each transaction open, so that its row changes may be committed after a change of the catalogue, or
 * even after that change was undone.
 */
const OPEN_MS = { min: 100, max: 2_000 }
/** How many inserts fill each table before the first start of the event-producer. */
const ROWS_AT_FIRST = 60

/**
 * Commits row changes on several sessions until it is stopped. Failed transactions are rolled back, so only the log shows what was
 * committed.
 */
export class Load {
  transactions = 0
  /** SQLSTATE → how often a transaction has failed with it. @type {Record<string, number>} */
  failures = {}
  #options
  #isStopping = false
  /** @type {Promise<unknown>} */
  #running = Promise.resolve()

  /** @param {{ pimUrl: string, source: import('./statements.mjs').Source }} options */
  constructor(options) {
    this.#options = options
  }

  /** Inserts the rows that exist before anything is captured. */
  async fill() {
    const { pimUrl, source } = this.#options
    const client = await connectTo(pimUrl)
    for (const table of HOSTILE_TABLES) {
      for (let row = 0; row < ROWS_AT_FIRST; row += 1) {
        const { sql, values } = insert(source, table)
        await client.query(sql, values).catch(() => undefined)
      }
    }
    await client.end()
  }

  start() {
    const { source } = this.#options
    const writers = Array.from({ length: WRITERS }, () => this.#write({ ...source, chance: source.chance.fork() }))
    const slow = this.#write({ ...source, chance: source.chance.fork() }, OPEN_MS)
    this.#running = Promise.all([...writers, slow])
    this.#running.catch(() => undefined)
  }

  /** Stops the writers. Resolves when no transaction is open any more. */
  async stop() {
    this.#isStopping = true
    await this.#running
  }

  /**
   * @param {import('./statements.mjs').Source} source
   * @param {{ min: number, max: number }} [openMs] - How long each transaction stays open.
   */
  async #write(source, openMs) {
    const client = await connectTo(this.#options.pimUrl)
    const { chance } = source
    while (!this.#isStopping) {
      await delay(PAUSE_MS * 2 * chance.next())
      try {
        if (chance.isBelow(LARGE_SHARE))
          await commitLarge(client, { source, rows: chance.between(LARGE_ROWS.min, LARGE_ROWS.max) })
        else await commitSmall(client, source, openMs)
        this.transactions += 1
      } catch (error) {
        const { code = 'unknown' } = /** @type {{ code?: string }} */ (error)
        this.failures[code] = (this.failures[code] ?? 0) + 1
        await client.query('ROLLBACK')
      }
    }
    await client.end()
  }
}

/**
 * Runs one transaction of a few statements. Parts of it, or all of it, may be rolled back.
 *
 * @param {import('pg').Client} client
 * @param {import('./statements.mjs').Source} source
 * @param {{ min: number, max: number }} [openMs]
 */
async function commitSmall(client, source, openMs) {
  const { chance } = source
  await client.query('BEGIN')
  if (chance.isBelow(0.15)) {
    const context = {
      correlationId: `import-${chance.between(1, 1_000_000)}`,
      actor: { type: 'user', id: `u${chance.between(1, 99)}` },
    }
    await client.query(`SELECT pg_logical_emit_message(true, 'hooklane', $1)`, [JSON.stringify(context)])
  }
  for (let left = chance.between(1, 4); left > 0; left -= 1) {
    const isNested = chance.isBelow(0.2)
    if (isNested) await client.query('SAVEPOINT part')
    for (const { sql, values } of someStatements(source)) await client.query(sql, values)
    if (isNested) await client.query(chance.isBelow(0.5) ? 'ROLLBACK TO SAVEPOINT part' : 'RELEASE SAVEPOINT part')
    if (chance.isBelow(0.1)) await delay(chance.between(1, 40))
  }
  if (openMs) await delay(chance.between(openMs.min, openMs.max))
  await client.query(chance.isBelow(0.06) ? 'ROLLBACK' : 'COMMIT')
}
