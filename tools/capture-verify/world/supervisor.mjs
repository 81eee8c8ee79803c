import { setTimeout as delay } from 'node:timers/promises'
import { ProducerProcess } from './producer-process.mjs'

/** Records that a killed process has sent are appended to the topic within this time, if at all. */
const SETTLE_MS = 250
/** A process that does not end within this time after SIGTERM is killed. Longer than the service's own limit. */
const ORDERLY_END_MS = 60_000

/**
 * Starts and ends the event-producer. At most one process runs at a time. When a process starts, records its capture file, the end of the
 * topic and the end of the WAL.
 */
export class Supervisor {
  /** @type {import('../judge/timeline.mjs').ProducerRun[]} */
  runs = []
  /** @type {ProducerProcess | null} */
  process = null
  #options

  /**
   * @param {object} options
   * @param {import('../capture-file.mjs').CaptureFile} options.file
   * @param {() => NodeJS.ProcessEnv} options.environment
   * @param {() => Promise<Record<string, string>>} options.endOffsets - Returns the end offsets of the topic, by partition.
   * @param {() => Promise<string>} options.endLsn - Returns the end of the PIM's WAL.
   * @param {string} options.logFile
   */
  constructor(options) {
    this.#options = options
  }

  get isRunning() {
    return this.process !== null && !this.process.hasExited
  }

  async start() {
    if (this.isRunning) throw new Error('the event-producer is already running')
    const { file, environment, endLsn, logFile } = this.#options
    await file.write()
    const offsets = await this.#settledOffsets()
    const startLsn = await endLsn()
    this.runs.push({ startedAt: new Date().toISOString(), startLsn, offsets, file: file.snapshot() })
    this.process = new ProducerProcess({ env: environment(), logFile })
  }

  /**
   * @param {'SIGTERM' | 'SIGKILL'} signal
   * @returns {Promise<boolean>} whether the process had to be killed because it did not end in time
   */
  async stop(signal) {
    const { process } = this
    if (!process) return false
    const run = /** @type {import('../judge/timeline.mjs').ProducerRun} */ (this.runs.at(-1))
    run.ended = process.hasExited ? 'by itself' : signal
    const ended = process.end(signal).then(() => true)
    const isInOrder = await Promise.race([ended, delay(ORDERLY_END_MS, false, { ref: false })])
    if (!isInOrder) await process.end('SIGKILL')
    this.process = null
    return !isInOrder
  }

  /** The end of the topic, once no more records of the previous process arrive. */
  async #settledOffsets() {
    const { endOffsets } = this.#options
    let offsets = await endOffsets()
    for (;;) {
      await delay(SETTLE_MS)
      const later = await endOffsets()
      if (JSON.stringify(later) === JSON.stringify(offsets)) return later
      offsets = later
    }
  }
}
