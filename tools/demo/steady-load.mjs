import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { COMPANIES } from './targets.mjs'
import { CompanyWriter, random } from './workload.mjs'

/** Average number of row changes per transaction. */
const CHANGES_PER_TRANSACTION = 2
/** Pause between two attempts to connect to a database that is down. */
const RECONNECT_MS = 100
/** How long a writer tries to reconnect before it fails: tests do not keep the database down for so long. */
const AWAY_LIMIT_MS = 180_000

/**
 * Commits changes at a steady rate, one writer per company, until it is stopped. If the database goes down, the writers wait for it. If the
 * answer to a COMMIT was lost, the writer looks up whether the transaction was committed before it begins the next one.
 */
export class SteadyLoad {
  /** @type {CompanyWriter[]} */
  writers = []
  /** Number of broken connections. */
  interruptions = 0
  #isPaused = true
  #isStopped = false
  #busy = 0
  #databaseUrl
  #pauseMs
  #chance
  /** @type {Promise<unknown>} */
  #running = Promise.resolve()

  /** @param {{ databaseUrl: string, seed: number, changesPerSecond: number }} options */
  constructor({ databaseUrl, seed, changesPerSecond }) {
    this.#databaseUrl = databaseUrl
    this.#pauseMs = (1000 * CHANGES_PER_TRANSACTION * COMPANIES.length) / changesPerSecond
    this.#chance = random(seed)
    for (const [index, company] of COMPANIES.entries())
      this.writers.push(new CompanyWriter(this.#client(), company, random(seed + 1 + index)))
  }

  get changes() {
    return this.writers.reduce((sum, writer) => sum + writer.changes, 0)
  }

  /** Connects; writing begins with `resume`. If a writer fails for good, `pause` and `stop` reject. */
  async start() {
    await Promise.all(this.writers.map((writer) => writer.client.connect()))
    this.#running = Promise.all(this.writers.map((writer) => this.#write(writer)))
    this.#running.catch(() => undefined)
  }

  resume() {
    this.#isPaused = false
  }

  /** Resolves when no transaction is open: `writers` then know everything that was committed. */
  async pause() {
    this.#isPaused = true
    const failed = this.#running.then(() => undefined)
    while (this.#busy > 0) await Promise.race([delay(5), failed])
  }

  async stop() {
    this.#isStopped = true
    await this.#running
    await Promise.all(this.writers.map((writer) => writer.client.end()))
  }

  /** @param {CompanyWriter} writer */
  async #write(writer) {
    while (!this.#isStopped) {
      await delay(this.#pauseMs * (0.5 + this.#chance()))
      if (this.#isPaused) continue
      this.#busy += 1
      try {
        await writer.commitOne()
      } catch (error) {
        await this.#reconnect(writer, error)
      } finally {
        this.#busy -= 1
      }
    }
  }

  /** @param {CompanyWriter} writer @param {unknown} reason */
  async #reconnect(writer, reason) {
    this.interruptions += 1
    const limit = Date.now() + AWAY_LIMIT_MS
    void writer.client.end().catch(() => undefined)
    while (!this.#isStopped) {
      const client = this.#client()
      try {
        await client.connect()
        await writer.resume(client)
        return
      } catch (error) {
        if (Date.now() > limit) throw new Error('the database did not come back', { cause: error ?? reason })
      }
      await delay(RECONNECT_MS)
    }
  }

  #client() {
    const client = new pg.Client({ connectionString: this.#databaseUrl, connectionTimeoutMillis: 5_000 })
    // Nothing to do: a broken connection makes the pending or the next statement fail, which is handled there.
    client.on('error', () => undefined)
    return client
  }
}
