import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { NOTE_PREFIX } from '../judge/notes.mjs'
import { connectTo } from '../world/connections.mjs'

/**
 * Something hostile that can be done to a captured source.
 *
 * @typedef {object} Act
 * @property {string} kind - As it is counted, and as `--without` names it.
 * @property {'any' | 'running' | 'stopped'} moment - Of the event-producer.
 * @property {(site: Site) => Promise<string | null>} act - Returns what it did, in words; null: there is nothing to do it to at the moment.
 *
 * What has to be put back.
 *
 * @typedef {object} Undo
 * @property {number} dueAt
 * @property {'any' | 'stopped'} moment
 * @property {string} kind
 * @property {() => Promise<string | null>} act
 */

/** A change of the catalogue waits so long for its lock, so many times. */
const LOCK_TIMEOUT_MS = 3_000
const TRIES = 4
/** The lock could not be had, or two transactions waited for each other. */
const BUSY = new Set(['55P03', '40P01'])

/** What hostile changes work on, and what is remembered of them. */
export class Site {
  /** @type {Undo[]} */
  undo = []
  /** Kind → how often it was done. @type {Record<string, number>} */
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
   * @param {import('../load/statements.mjs').Source} options.source - Of row changes of its own.
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

  /** Runs statements in one transaction. @param {readonly string[]} statements @returns {Promise<boolean>} false: their locks could not be had */
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
   * Changes the catalogue, and notes in the log of the same transaction what was changed, for the judge.
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
  note(kind, text) {
    const line = JSON.stringify({ at: new Date().toISOString(), kind, text })
    appendFileSync(this.#actionsFile, `${line}\n`)
    this.recent = [...this.recent.slice(-11), line]
  }

  /** @param {string} kind */
  count(kind) {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }
}
