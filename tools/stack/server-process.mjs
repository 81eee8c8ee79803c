import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A log that is longer when its process starts is put aside as `<log>.1`. Lower loses history, higher fills disks. */
const MAX_LOG_BYTES = 10 * 1024 * 1024

/**
 * A long-running process that this one started.
 *
 * @typedef {object} ServerProcess
 * @property {string} name
 * @property {number} pid
 * @property {string} log - File that receives stdout and stderr.
 * @property {() => boolean} isRunning
 * @property {() => string} output - What this process has printed so far.
 * @property {Promise<{ code: number | null, signal: NodeJS.Signals | null }>} exited
 * @property {(signal: NodeJS.Signals) => void} kill - Sends one signal, if it still runs.
 * @property {(steps: readonly StopStep[]) => Promise<void>} stop - Sends each signal in turn until the process ended; resolves then.
 */

/** @typedef {{ signal: NodeJS.Signals, waitMs: number }} StopStep */

/** @typedef {(server: { name: string, pid: number, marker: string }) => void} OnSpawn */

/**
 * @typedef {object} ServerSpecification
 * @property {string} name - For messages and records.
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} marker - Part of the command line that no other system's process has (a path of ours).
 * @property {string} log
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {number} [uid]
 * @property {number} [gid]
 * @property {OnSpawn} [onSpawn] - Called at once with the new pid.
 */

/**
 * Starts a process in a session of its own: a Ctrl-C in the terminal reaches the launcher alone, which then ends
 * everything in order. Output goes straight to the log file, so the process outlives its launcher without a broken pipe.
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
    // Nobody would know of it.
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
 * @returns {string} the end of a log, indented; empty if there is none
 */
export function lastLines(log, lines = 12) {
  if (statSync(log, { throwIfNoEntry: false }) === undefined) return ''
  const all = readFileSync(log, 'utf8').trimEnd().split('\n')
  return all
    .slice(-lines)
    .map((line) => `    ${line.slice(0, 400)}`)
    .join('\n')
}
