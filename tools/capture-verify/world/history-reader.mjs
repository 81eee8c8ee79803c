import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** Lines of one read, about: whole transactions are returned. */
const LINES_AT_ONCE = 20_000
/** Pause between two reads. Longer keeps more log; shorter costs the server a decoding of what is new each time. */
const PAUSE_MS = 700

/** Takes the committed row changes from a slot of `test_decoding`, the judge's own, and writes them into a file. */
export class HistoryReader {
  rowChanges = 0
  #client
  #slot
  #file
  #isStopping = false
  /** @type {Promise<void>} */
  #running = Promise.resolve()

  /** @param {import('pg').Client} client - Its session prints values as `PRINTING` says. @param {{ slot: string, path: string }} options */
  constructor(client, { slot, path }) {
    this.#client = client
    this.#slot = slot
    this.#file = createWriteStream(path)
  }

  /** From here on every transaction is taken. */
  async create() {
    await this.#client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [this.#slot])
  }

  start() {
    this.#running = this.#run()
    this.#running.catch(() => undefined)
  }

  /** Takes what was committed until now, and ends. */
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
