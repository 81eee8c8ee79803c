import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLine, identifyProcess, isAlive } from './process-identity.mjs'

/**
 * @typedef {object} RecordedProcess
 * @property {string} name
 * @property {number} pid
 * @property {string} startedAt
 * @property {string} marker - Part of its command line, see `ServerSpecification`.
 */

/** The servers. Because the services need them, they are ended after the services, in this order. */
const LAST_TO_END = ['kafka', 'postgres']

/** The signals for each kind of leftover, which is a process that an earlier launcher left running. The gentlest comes first. */
const SIGNALS = /** @type {const} */ ({
  kafka: ['SIGTERM', 'SIGKILL'],
  postgres: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
  service: ['SIGTERM', 'SIGKILL'],
})
/** How long a leftover may take to end before it gets the next, harsher signal. */
const SIGNAL_LIMIT_MS = 15_000

/**
 * Records the started processes in a file. If the launcher crashes, the next launcher can then end them. Because a pid may
 * belong to another process by then, the start time and the command line must also be those of the recorded process.
 */
export class ProcessRegistry {
  /** @type {RecordedProcess[]} */
  #processes = []
  #file
  #onFault

  /**
   * @param {string} file
   * @param {(text: string) => void} onFault - Called when the file could not be written. The record is kept in memory and written with the
   *   next change.
   */
  constructor(file, onFault) {
    this.#file = file
    this.#onFault = onFault
  }

  /**
   * Records a new process. Synchronous, because nothing may happen between the start of a process and its record.
   *
   * @param {{ name: string, pid: number, marker: string }} started
   */
  add({ name, pid, marker }) {
    const identity = identifyProcess(pid)
    if (identity === null) return
    this.#processes = [...this.#processes.filter(isAlive), { name, ...identity, marker }]
    this.#write()
  }

  /** @returns {string[]} the names of the recorded processes that are alive */
  running() {
    return this.#processes.filter(isAlive).map(({ name }) => name)
  }

  /** Removes the ended processes from the record, and the file when no process is left. */
  prune() {
    this.#processes = this.#processes.filter(isAlive)
    this.#write()
  }

  /** @returns {RecordedProcess[]} the processes that an earlier launcher left running */
  leftovers() {
    return this.#read().filter((recorded) => isAlive(recorded) && commandLine(recorded.pid).includes(recorded.marker))
  }

  /**
   * Ends the processes that an earlier launcher left running: first the services, then Kafka, then Postgres.
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
        `ending processes that an earlier start left running: ${group.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`,
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
      // A full disk must not end the launcher, because the launcher knows its processes without the file and can end them.
      this.#onFault(`could not be updated (${error instanceof Error ? error.message : error})`)
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
