import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * A log that is longer than this when its process starts is renamed to `<log>.1`. Too low: history is lost. Too high: disks
 * fill up.
 */
const MAX_LOG_BYTES = 10 * 1024 * 1024

/**
 * A long-running child process.
 *
 * @typedef {object} ServerProcess
 * @property {string} name
 * @property {number} pid
 * @property {string} log - The file that receives stdout and stderr.
 * @property {() => boolean} isRunning
 * @property {() => string} output - What this process has printed so far.
 * @property {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} exited
 * @property {(signal: NodeJS.Signals) => void} kill - Sends one signal, if the process is still running.
 * @property {(steps: readonly StopStep[]) => Promise<void>} stop - Sends one signal after the other until the process has ended, and
 *   resolves then.
 */

/** @typedef {{ signal: NodeJS.Signals, waitMs: number }} StopStep */

/** @typedef {(server: { name: string, pid: number, marker: string }) => void} OnSpawn */

/**
 * @typedef {object} ServerSpecification
 * @property {string} name - For messages and records.
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} marker - A part of the command line that no process of another system has: a path of this system.
 * @property {string} log
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {number} [uid]
 * @property {number} [gid]
 * @property {OnSpawn} [onSpawn] - Called at once with the new pid.
 */

/**
 * Starts a process in a session of its own: a Ctrl-C in the terminal reaches only the launcher, which then ends everything
 * in order. Output goes straight to the log file, so that a process that outlives its launcher has no broken pipe.
 *
 * @param {ServerSpecification} specification
 * @returns {Promise<ServerProcess>}
 */
export async function startServerProcess({ name, command, args, marker, log, env, cwd, uid, gid, onSpawn }) {
  const output = openLog(log)
  const before = fstatSync(output).size
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: env ?? process.env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  closeSync(output)
  let running = true
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running = false
      resolve({ code, signal })
    })
  })
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const pid = /** @type {number} */ (child.pid)
  try {
    onSpawn?.({ name, pid, marker })
  } catch (error) {
    // The process is not recorded, so no later launcher could find and end it.
    child.kill('SIGKILL')
    throw error
  }
  return {
    name,
    pid,
    log,
    isRunning: () => running,
    output: () => readFileSync(log).subarray(before).toString(),
    exited,
    kill: (signal) => {
      if (running) child.kill(signal)
    },
    stop: async (steps) => {
      for (const { signal, waitMs } of steps) {
        if (!running) return
        child.kill(signal)
        await Promise.race([exited, delay(waitMs, undefined, { ref: false })])
      }
      await exited
    },
  }
}

/** @param {string} log */
function openLog(log) {
  mkdirSync(dirname(log), { recursive: true })
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0
  if (size > MAX_LOG_BYTES) renameSync(log, `${log}.1`)
  return openSync(log, 'a')
}

/**
 * @param {string} log
 * @param {number} [lines]
 * @returns {string} the last lines of a log, indented; empty if the log does not exist
 */
export function lastLines(log, lines = 12) {
  if (statSync(log, { throwIfNoEntry: false }) === undefined) return ''
  const all = readFileSync(log, 'utf8').trimEnd().split('\n')
  return all
    .slice(-lines)
    .map((line) => `    ${line.slice(0, 400)}`)
    .join('\n')
}
