import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { NOTE_PREFIX } from '../judge/notes.mjs'
import { connectTo } from '../world/connections.mjs'

/**
 * A hostile change to a captured source.
 *
 * @typedef {object} Act
 * @property {string} kind - The name of this kind of change in counts and in `--without`.
 * @property {'any' | 'running' | 'stopped'} moment - The state of the event-producer in which the change can be made.
 * @property {(site: Site) => Promise<string | null>} act - Makes the change and returns a text that describes it; null: there was nothing
 *   to change.
 *
 * A hostile change that is still to be undone. `act` undoes it.
 *
 * @typedef {object} Undo
 * @property {number} dueAt
 * @property {'any' | 'stopped'} moment
 * @property {string} kind
 * @property {() => Promise<string | null>} act
 */

/** How long a statement waits for its lock, and how often its transaction is tried. */
const LOCK_TIMEOUT_MS = 3_000
const TRIES = 4
/** SQLSTATEs: the lock was not available, or there was a deadlock. */
const BUSY = new Set(['55P03', '40P01'])

/** The environment in which hostile changes are made, and the record of those changes. */
export class Site {
  /** @type {Undo[]} */
  undo = []
  /** Kind → how often such a change was made. @type {Record<string, number>} */
  counts = {}
  /** The last lines of the record of actions. @type {string[]} */
  recent = []
  kills = 0
  /** When the source was last seen ready. */
  readyAt = 0
  #client
  #actionsFile

  /**
   * @param {object} options
   * @param {import('../world/world.mjs').World} options.world
   * @param {import('../pim/shapes.mjs').Shapes} options.shapes
   * @param {import('../chance.mjs').Chance} options.chance
   * @param {import('../load/statements.mjs').Source} options.source - Makes the row changes that are part of a hostile change.
   * @param {import('pg').Client} options.client
   * @param {string} options.actionsFile
   */
  constructor({ world, shapes, chance, source, client, actionsFile }) {
    this.world = world
    this.shapes = shapes
    this.chance = chance
    this.source = source
    this.partitions = new Map()
    this.#client = client
    this.#actionsFile = actionsFile
  }

  /** @param {Omit<ConstructorParameters<typeof Site>[0], 'client'>} options */
  static async open(options) {
    const client = await connectTo(options.world.pimUrl, {
      lockTimeoutMs: LOCK_TIMEOUT_MS,
      name: 'capture-verify nemesis',
    })
    return new Site({ ...options, client })
  }

  get client() {
    return this.#client
  }

  async close() {
    await this.#client.end()
  }

  /**
   * Runs statements in one transaction.
   *
   * @param {readonly string[]} statements
   * @returns {Promise<boolean>} false: each try failed because a lock was not available or because of a deadlock
   */
  async run(...statements) {
    for (let left = TRIES; left > 0; left -= 1) {
      try {
        await this.#client.query('BEGIN')
        for (const statement of statements) await this.#client.query(statement)
        await this.#client.query('COMMIT')
        return true
      } catch (error) {
        await this.#client.query('ROLLBACK')
        if (!BUSY.has(/** @type {{ code: string }} */ (error).code)) throw error
        await delay(100)
      }
    }
    return false
  }

  /**
   * Runs schema changes. A logical message in the same transaction describes the change to the judge.
   *
   * @param {object} note
   * @param {...string} statements
   */
  alter(note, ...statements) {
    const text = JSON.stringify(note).replaceAll("'", "''")
    return this.run(...statements, `SELECT pg_logical_emit_message(true, '${NOTE_PREFIX}', '${text}')`)
  }

  /** @param {{ kind: string, afterMs: number, moment?: 'any' | 'stopped', act: () => Promise<string | null> }} undo */
  later({ kind, afterMs, moment = 'any', act }) {
    this.undo.push({ kind, moment, act, dueAt: Date.now() + afterMs })
  }

  /** @param {string} kind @param {string} text */
  record(kind, text) {
    const line = JSON.stringify({ at: new Date().toISOString(), kind, text })
    appendFileSync(this.#actionsFile, `${line}\n`)
    this.recent = [...this.recent.slice(-11), line]
  }

  /** @param {string} kind */
  count(kind) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }
}
