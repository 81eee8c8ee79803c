import { readFile, rm } from 'node:fs/promises'
import { openHome } from './home.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * @typedef {object} StackService
 * @property {string} name
 * @property {string} instance - `dispatcher-2`; equals the name where there is one.
 * @property {readonly string[]} [groups]
 * @property {number} pid
 * @property {string} healthUrl
 * @property {string} metricsUrl
 * @property {string} log
 */

/**
 * `stack.json`: how programs find a running local system.
 *
 * @typedef {object} Stack
 * @property {string} apiUrl
 * @property {string} operatorKey
 * @property {string} databaseUrl
 * @property {readonly string[]} kafkaBrokers
 * @property {string} readyAt - ISO instant at which the system was ready first.
 * @property {readonly StackService[]} services
 * @property {'embedded' | 'docker' | 'environment'} serversFrom - Whose Kafka and Postgres they are; `environment`: both are named there.
 * @property {readonly { name: string, pid: number, since: string, log: string }[]} servers - Kafka and Postgres that run here as processes of the launcher.
 */

/**
 * @param {import('./home.mjs').Home} home
 * @param {Stack} stack
 * @returns {Promise<void>}
 */
export async function writeStack(home, stack) {
  // It holds keys: for its owner only.
  await writeFileAtomically(home.stackFile, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 })
}

/**
 * @param {string} [homeDir]
 * @returns {Promise<Stack | null>} null when no system is ready there
 */
export async function readStack(homeDir) {
  const text = await readFile(openHome(homeDir).stackFile, 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text)
}

/** @param {import('./home.mjs').Home} home */
export const removeStack = (home) => rm(home.stackFile, { force: true })
