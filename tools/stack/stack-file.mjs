import { readFile, rm } from 'node:fs/promises'
import { openHome } from './home.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * @typedef {object} StackService
 * @property {string} name
 * @property {string} instance - For example `dispatcher-2`; equals the name where the service has one instance only.
 * @property {readonly string[]} [groups]
 * @property {number} pid
 * @property {string} healthUrl
 * @property {string} metricsUrl
 * @property {string} log
 */

/**
 * The content of `stack.json`, by which programs find a running local system.
 *
 * @typedef {object} Stack
 * @property {string} apiUrl
 * @property {string} operatorKey
 * @property {string} databaseUrl
 * @property {readonly string[]} kafkaBrokers
 * @property {string} readyAt - The ISO instant at which the system first became ready.
 * @property {readonly StackService[]} services
 * @property {'embedded' | 'docker' | 'environment'} serversFrom - How Kafka and Postgres run; `environment`: the environment names both.
 * @property {readonly { name: string, pid: number, since: string, log: string }[]} servers - Kafka and Postgres, where the launcher runs
 *   them as processes.
 */

/**
 * @param {import('./home.mjs').Home} home
 * @param {Stack} stack
 * @returns {Promise<void>}
 */
export async function writeStack(home, stack) {
  // The file contains secrets, so only its owner may read it.
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
