import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { bundledProgram } from '../../build/entries.mjs'

/** A health request takes milliseconds, unless the process is frozen or busy. */
const HEALTH_TIMEOUT_MS = 2_000

/** @typedef {Record<string, { ready: boolean, detail?: string }>} HealthParts */

/** One event-producer process, observed only through its output and its health endpoint. */
export class ProducerProcess {
  #child
  #port = 0
  #exited

  /** @param {{ env: NodeJS.ProcessEnv, logFile: string }} options */
  constructor({ env, logFile }) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', bundledProgram('event-producer')], {
      env: { PATH: process.env['PATH'], HEALTH_PORT: '0', HEALTH_HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#child, 'exit')
    let rest = ''
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      appendFileSync(logFile, text)
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#port ||= portIn(line)
    })
    this.#child.stderr.on('data', (text) => appendFileSync(logFile, text))
  }

  get pid() {
    return this.#child.pid
  }

  get hasExited() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** @returns {Promise<HealthParts | null>} null: it does not answer */
  async health() {
    if (this.hasExited || this.#port === 0) return null
    try {
      const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS)
      const response = await fetch(`http://127.0.0.1:${this.#port}/health/ready`, { signal })
      return /** @type {{ parts: HealthParts }} */ (await response.json()).parts
    } catch {
      return null
    }
  }

  /** @param {'SIGSTOP' | 'SIGCONT'} signal */
  signal(signal) {
    this.#child.kill(signal)
  }

  /** Sends the signal, and resolves when the process has ended. @param {'SIGTERM' | 'SIGKILL'} signal */
  async end(signal) {
    if (!this.hasExited) this.#child.kill(signal)
    await this.#exited
  }
}

/** @param {string} line - A line of the log. @returns {number} the health port; 0: the line names none */
function portIn(line) {
  try {
    return JSON.parse(line).healthPort ?? 0
  } catch {
    return 0
  }
}
