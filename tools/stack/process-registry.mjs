import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLine, identifyProcess, isAlive } from './process-identity.mjs'

/**
 * @typedef {object} RecordedProcess
 * @property {string} name
 * @property {number} pid
 * @property {string} startedAt
 * @property {string} marker - Part of its command line.
 */

/** The servers that the services need end after them, in this order. */
const LAST_TO_END = ['kafka', 'postgres']

/** How each kind of leftover is asked to end, and how long it may take before the next, harsher signal. */
const SIGNALS = /** @type {const} */ ({
  kafka: ['SIGTERM', 'SIGKILL'],
  postgres: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
  service: ['SIGTERM', 'SIGKILL'],
})
const SIGNAL_LIMIT_MS = 15_000

/**
 * Remembers in a file which processes were started, so that the launcher that comes after a crash can end them. A pid
 * alone proves nothing: the start time and the command line must be those of the recorded process.
 */
export class ProcessRegistry {
  /** @type {RecordedProcess[]} */
  #processes = []
  #file
  #onFault

  /**
   * @param {string} file
   * @param {(text: string) => void} onFault - The file could not be written: the record is kept here, and written with the next change.
   */
  constructor(file, onFault) {
    this.#file = file
    this.#onFault = onFault
  }

  /**
   * Records a new process. Synchronous: between the start of a process and its record nothing else may happen.
   *
   * @param {{ name: string, pid: number, marker: string }} started
   */
  add({ name, pid, marker }) {
    const identity = identifyProcess(pid)
    if (identity === null) return
    this.#processes = [...this.#processes.filter(isAlive), { name, ...identity, marker }]
    this.#write()
  }

  /** @returns {string[]} the names of what was recorded and lives */
  running() {
    return this.#processes.filter(isAlive).map(({ name }) => name)
  }

  /** Forgets what has ended; the file goes with the last one. */
  prune() {
    this.#processes = this.#processes.filter(isAlive)
    this.#write()
  }

  /** @returns {RecordedProcess[]} what an earlier launcher left running */
  leftovers() {
    return this.#read().filter((recorded) => isAlive(recorded) && commandLine(recorded.pid).includes(recorded.marker))
  }

  /**
   * Ends what an earlier launcher left running: services first, Kafka and then Postgres last.
   *
   * @param {(text: string) => void} onProgress
   * @returns {Promise<void>}
   */
  async endLeftovers(onProgress) {
    const ours = this.leftovers()
    const services = ours.filter(({ name }) => !LAST_TO_END.includes(name))
    const servers = LAST_TO_END.map((name) => ours.filter((recorded) => recorded.name === name))
    for (const group of [services, ...servers]) {
      if (group.length === 0) continue
      onProgress(
        `ending what an earlier start left running: ${group.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`,
      )
      await Promise.all(group.map(endProcess))
    }
    this.prune()
  }

  /** @returns {RecordedProcess[]} */
  #read() {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'))
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return []
      throw error
    }
  }

  #write() {
    if (this.#processes.length === 0) return rmSync(this.#file, { force: true })
    try {
      this.#writeFile()
    } catch (error) {
      // A full disk must not take the launcher down: it knows what runs, and ends it.
      this.#onFault(`could not be brought up to date (${error instanceof Error ? error.message : error})`)
    }
  }

  #writeFile() {
    mkdirSync(dirname(this.#file), { recursive: true })
    const draft = `${this.#file}.draft`
    writeFileSync(draft, `${JSON.stringify(this.#processes, null, 2)}\n`)
    renameSync(draft, this.#file)
  }
}

/** @param {RecordedProcess} recorded */
async function endProcess(recorded) {
  const signals = recorded.name === 'kafka' || recorded.name === 'postgres' ? SIGNALS[recorded.name] : SIGNALS.service
  for (const signal of signals) {
    if (!isAlive(recorded)) return
    process.kill(recorded.pid, signal)
    const limit = Date.now() + SIGNAL_LIMIT_MS
    while (isAlive(recorded) && Date.now() < limit) await delay(50)
  }
}
