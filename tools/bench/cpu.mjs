import { readFileSync, readdirSync } from 'node:fs'

/** Fields of the first line of `/proc/stat` that count idle time: idle, and waiting for a disk. */
const IDLE_FIELDS = new Set([3, 4])
/** The unit of times in `/proc` (USER_HZ on Linux), which does not depend on the kernel's own tick. */
const TICKS_PER_SECOND = 100

/**
 * The CPU-seconds of a process: all threads, user and system.
 *
 * @typedef {{ parent: number, own: number, reaped: number }} ProcessTimes - `parent`: the id of the parent process;
 *   `own`: of the process itself; `reaped`: of its children that have ended.
 */

/**
 * @param {number} pid
 * @returns {ProcessTimes | null} null if there is no such process
 */
function timesOf(pid) {
  let text
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) return null
    throw error
  }
  // Field 2, the name in parentheses, may contain any character. Reading starts after the last parenthesis, at field 3 of proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (/** @type {number} */ number) => Number(fields[number - 3])
  return {
    parent: field(4),
    own: (field(14) + field(15)) / TICKS_PER_SECOND,
    reaped: (field(16) + field(17)) / TICKS_PER_SECOND,
  }
}

/**
 * @param {number} pid
 * @returns {number} CPU-seconds that a process has used
 */
export function cpuOf(pid) {
  const times = timesOf(pid)
  if (times === null) throw new Error(`process ${pid} has ended: its CPU time is unknown`)
  return times.own
}

/**
 * @param {number} pid - A process that starts others, as Postgres does for each connection.
 * @returns {number} CPU-seconds that this process and its children have used, including children that have ended
 */
export function cpuOfFamily(pid) {
  const parent = timesOf(pid)
  if (parent === null) throw new Error(`process ${pid} has ended: its CPU time is unknown`)
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => timesOf(Number(name)))
    .filter((times) => times?.parent === pid)
  return children.reduce((sum, times) => sum + (times?.own ?? 0), parent.own + parent.reaped)
}

/** @returns {number} CPU-seconds that all processes of the machine have used */
export function cpuOfMachine() {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  // Fields 8 and 9, the time of guests, are left out, because the user time includes them.
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number)
  return ticks.reduce((sum, value, field) => sum + (IDLE_FIELDS.has(field) ? 0 : value), 0) / TICKS_PER_SECOND
}
