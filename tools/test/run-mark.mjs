import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { identifyProcess, isAlive } from '../stack/process-identity.mjs'

/** How long the processes may take to end after SIGINT. A launcher ends its services first, and then its servers. */
const END_LIMIT_MS = 60_000

/**
 * Marks all processes that a test run starts, by an environment variable that child processes inherit. After an interruption, the runner
 * finds them by this mark and ends them: servers and launchers have process groups of their own, and an interrupted test does not end them.
 */
export class RunMark {
  #id = randomUUID()
  /** For what the run starts. @type {NodeJS.ProcessEnv} */
  env = { HOOKLANE_TEST_RUN: this.#id }

  /** Ends all processes of the run that are still running. */
  async endStarted() {
    const started = this.#started()
    signalAll(started, 'SIGINT')
    const limit = Date.now() + END_LIMIT_MS
    while (started.some(isAlive) && Date.now() < limit) await delay(100)
    signalAll(started.filter(isAlive), 'SIGKILL')
  }

  /** @returns {import('../stack/process-identity.mjs').ProcessIdentity[]} */
  #started() {
    const mark = `HOOKLANE_TEST_RUN=${this.#id}`
    const pids = process.platform === 'linux' ? pidsInProc(mark) : pidsByPs(mark)
    return pids.flatMap((pid) => identifyProcess(pid) ?? [])
  }
}

/** @param {string} mark */
const pidsInProc = (mark) =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && environmentOf(pid).includes(mark))

/** @param {string} mark */
const pidsByPs = (mark) =>
  execFileSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter((line) => line.includes(mark))
    .map((line) => Number.parseInt(line, 10))

/**
 * @param {number} pid
 * @returns {string} empty when the process has ended, or belongs to another user
 */
function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

/**
 * @param {readonly import('../stack/process-identity.mjs').ProcessIdentity[]} processes
 * @param {NodeJS.Signals} signal
 */
function signalAll(processes, signal) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal)
    } catch {
      // The process has ended meanwhile.
    }
  }
}
