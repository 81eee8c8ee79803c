import { setTimeout as delay } from 'node:timers/promises'
import { ProducerProcess } from './producer-process.mjs'

/** What a process that was killed has sent is appended within this time, if at all. */
const SETTLE_MS = 250
/** An orderly end may take as long as the service's own limit. */
const ORDERLY_END_MS = 60_000

/**
 * Starts and ends the event-producer, and records under which capture file and from which places each process has worked. One runs at a time.
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
   * @param {() => Promise<Record<string, string>>} options.endOffsets - Of the topic.
   * @param {() => Promise<string>} options.endLsn - Of the PIM's log.
   * @param {string} options.logFile
   */
  constructor(options) {
    this.#options = options
  }

  get isRunning() {
    return this.process !== null && !this.process.hasExited
  }

  async start() {
    if (this.isRunning) throw new Error('the event-producer runs already')
    const { file, environment, endLsn, logFile } = this.#options
    await file.write()
    const offsets = await this.#settledOffsets()
    const startLsn = await endLsn()
    this.runs.push({ startedAt: new Date().toISOString(), startLsn, offsets, file: file.snapshot() })
    this.process = new ProducerProcess({ env: environment(), logFile })
  }

  /** @param {'SIGTERM' | 'SIGKILL'} signal @returns {Promise<boolean>} whether it had to be killed although it was asked */
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

  /** The end of the topic, when nothing arrives any more of the process that ran before. */
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
