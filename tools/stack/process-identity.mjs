import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * A process, told apart from later ones that got the same pid.
 *
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} startedAt - Opaque; differs for every process that ever had this pid.
 */

/**
 * @param {number} pid
 * @returns {ProcessIdentity | null} null when no such process lives
 */
export function identifyProcess(pid) {
  const startedAt = process.platform === 'linux' ? startTicks(pid) : startDate(pid)
  return startedAt === null ? null : { pid, startedAt }
}

/**
 * @param {ProcessIdentity} identity
 * @returns {boolean} whether that very process still lives
 */
export const isAlive = ({ pid, startedAt }) => identifyProcess(pid)?.startedAt === startedAt

/**
 * @param {number} pid
 * @returns {string} the command line, words separated by blanks; empty when it cannot be read
 */
export function commandLine(pid) {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : processStatus(pid, 'command')
  } catch {
    // It ended meanwhile, or belongs to somebody else: not surely ours.
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
    // The second field, the name in parentheses, may itself hold blanks and parentheses.
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
