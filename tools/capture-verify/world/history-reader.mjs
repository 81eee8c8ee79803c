import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** About how many lines one read returns. A read returns only whole transactions, so it may return more lines. */
const LINES_AT_ONCE = 20_000
/** Pause between two reads. Too long: the server keeps more WAL. Too short: the server decodes new WAL more often. */
const PAUSE_MS = 700

/** Reads the committed changes from the judge's own replication slot (plugin `test_decoding`), and writes them to a file. */
export class HistoryReader {
  rowChanges = 0
  #client
  #slot
  #file
  #isStopping = false
  /** @type {Promise<void>} */
  #running = Promise.resolve()

  /**
   * @param {import('pg').Client} client - A session that prints values with the settings `PRINTING`.
   * @param {{ slot: string, path: string }} options
   */
  constructor(client, { slot, path }) {
    this.#client = client
    this.#slot = slot
    this.#file = createWriteStream(path)
  }

  /** Creates the slot: every transaction that is committed from now on will be read. */
  async create() {
    await this.#client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [this.#slot])
  }

  start() {
    this.#running = this.#run()
    this.#running.catch(() => undefined)
  }

  /** Reads everything that has been committed so far, then ends and drops the slot. */
  async stop() {
    this.#isStopping = true
    await this.#running
    while ((await this.#take()) > 0);
    this.#file.end()
    await once(this.#file, 'close')
    await this.#client.query('SELECT pg_drop_replication_slot($1)', [this.#slot])
  }

  async #run() {
    while (!this.#isStopping) if ((await this.#take()) === 0) await delay(PAUSE_MS)
  }

  async #take() {
    const { rows } = await this.#client.query(
      `SELECT lsn::text AS lsn, data FROM pg_logical_slot_get_changes($1, NULL, $2, 'include-timestamp', '1', 'include-xids', '1')`,
      [this.#slot, LINES_AT_ONCE],
    )
    for (const row of rows) {
      if (row.data.startsWith('table ')) this.rowChanges += 1
      this.#file.write(`${JSON.stringify(row)}\n`)
    }
    return rows.length
  }
}
