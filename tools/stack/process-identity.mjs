import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Identifies a process. A later process with the same pid has a different identity.
 *
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} startedAt - Opaque; differs between all processes that ever had this pid.
 */

/**
 * @param {number} pid
 * @returns {ProcessIdentity | null} null when no process with this pid is alive
 */
export function identifyProcess(pid) {
  const startedAt = process.platform === 'linux' ? startTicks(pid) : startDate(pid)
  return startedAt === null ? null : { pid, startedAt }
}

/**
 * @param {ProcessIdentity} identity
 * @returns {boolean} whether exactly this process is still alive
 */
export const isAlive = ({ pid, startedAt }) => identifyProcess(pid)?.startedAt === startedAt

/**
 * @param {number} pid
 * @returns {string} the command line, its words separated by spaces; empty when it cannot be read
 */
export function commandLine(pid) {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : processStatus(pid, 'command')
  } catch {
    // The process ended meanwhile, or belongs to another user: we cannot be sure that it is ours.
    return ''
  }
}

/**
 * @param {number} pid
 * @returns {string | null}
 */
function startTicks(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the name in parentheses, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticksSinceBoot] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticksSinceBoot}`
  } catch {
    return null
  }
}

/**
 * @param {number} pid
 * @returns {string | null}
 */
function startDate(pid) {
  try {
    return processStatus(pid, 'lstart') || null
  } catch {
    return null
  }
}

/**
 * @param {number} pid
 * @param {string} column
 */
const processStatus = (pid, column) =>
  execFileSync('ps', ['-p', String(pid), '-o', `${column}=`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
