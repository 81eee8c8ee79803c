import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dockerFault } from './docker.mjs'
import { displayPath } from './home.mjs'
import { namedBrokers } from './named-servers.mjs'
import { StackError } from './stack-error.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * Where Postgres and Kafka come from when the environment does not name both: containers of Docker Compose, or processes
 * that the launcher runs itself.
 *
 * @typedef {'docker' | 'embedded'} LocalServers
 */

const CHOICES = ['auto', 'docker', 'embedded']

/**
 * Docker Compose when an engine answers, else embedded; HOOKLANE_SERVERS forces one. A home stays with what it began
 * with, because that is where its data is.
 *
 * @param {import('./preflight.mjs').PreflightOptions} options
 * @returns {Promise<LocalServers | null>} null: the environment names both servers
 */
export async function chooseServers({ home, env, fresh, onProgress }) {
  const choice = env['HOOKLANE_SERVERS'] || 'auto'
  if (!CHOICES.includes(choice)) {
    throw new StackError(`HOOKLANE_SERVERS=${choice}: must be ${CHOICES.join(', ')}, or unset (auto)`)
  }
  if (env['DATABASE_URL'] && namedBrokers(env).length > 0) return null
  const earlier = fresh ? null : await earlierServers(home)
  if (earlier !== null && choice !== 'auto' && earlier !== choice) {
    throw new StackError(
      `HOOKLANE_SERVERS=${choice}, but the data in ${displayPath(home.dir)} is ${LOCATIONS[earlier]}. Unset HOOKLANE_SERVERS to go on with it, or remove it with npm run reset.`,
    )
  }
  if ((earlier ?? choice) === 'embedded') return 'embedded'
  const fault = await dockerFault()
  if (fault === null) return 'docker'
  if (earlier === 'docker') {
    throw new StackError(
      `The data in ${displayPath(home.dir)} is ${LOCATIONS.docker}, and ${fault}. Start or update Docker to go on with it, or set HOOKLANE_HOME to another folder to start over.`,
    )
  }
  if (choice === 'docker') {
    throw new StackError(`HOOKLANE_SERVERS=docker, but ${fault}. Start or update Docker, or unset HOOKLANE_SERVERS.`)
  }
  onProgress('servers', `embedded ones, because ${fault}`)
  return 'embedded'
}

const LOCATIONS = { docker: 'in volumes of Docker', embedded: 'of embedded servers' }

/**
 * Remembers what the home's data belongs to. Written before the first server starts.
 *
 * @param {import('./home.mjs').Home} home
 * @param {LocalServers} servers
 * @returns {Promise<void>}
 */
export const rememberServers = (home, servers) => writeFileAtomically(home.serversFile, `${servers}\n`)

/** @param {import('./home.mjs').Home} home */
export const forgetServers = (home) => rm(home.serversFile, { force: true })

/**
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<LocalServers | null>} null: there is no data yet
 */
export async function earlierServers(home) {
  const text = (await readFile(home.serversFile, 'utf8').catch(() => '')).trim()
  if (text === 'docker' || text === 'embedded') return text
  // Homes made before there was a choice.
  return existsSync(join(home.postgresDir, 'cluster')) || existsSync(join(home.kafkaDir, 'formatted'))
    ? 'embedded'
    : null
}
