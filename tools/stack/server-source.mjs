import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dockerFault } from './docker.mjs'
import { displayPath } from './home.mjs'
import { namedBrokers } from './named-servers.mjs'
import { StackError } from './stack-error.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * How Postgres and Kafka run when the environment does not name both: as containers of Docker Compose (`docker`), or as
 * processes of the launcher (`embedded`).
 *
 * @typedef {'docker' | 'embedded'} LocalServers
 */

const CHOICES = ['auto', 'docker', 'embedded']

/**
 * Chooses Docker Compose when an engine answers, else embedded servers; HOOKLANE_SERVERS forces one of them. A home keeps the
 * first choice, because its data belongs to those servers.
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
      `HOOKLANE_SERVERS=${choice}, but the data of ${displayPath(home.dir)} is ${LOCATIONS[earlier]}. Unset HOOKLANE_SERVERS to keep using that data, or remove the data with npm run reset.`,
    )
  }
  if ((earlier ?? choice) === 'embedded') return 'embedded'
  const fault = await dockerFault()
  if (fault === null) return 'docker'
  if (earlier === 'docker') {
    throw new StackError(
      `The data of ${displayPath(home.dir)} is ${LOCATIONS.docker}, but ${fault}. Start or update Docker to keep using that data, or set HOOKLANE_HOME to another folder to start over.`,
    )
  }
  if (choice === 'docker') {
    throw new StackError(`HOOKLANE_SERVERS=docker, but ${fault}. Start or update Docker, or unset HOOKLANE_SERVERS.`)
  }
  onProgress('servers', `running embedded servers, because ${fault}`)
  return 'embedded'
}

const LOCATIONS = { docker: 'stored in Docker volumes', embedded: 'stored by embedded servers' }

/**
 * Records whether the data of a home belongs to embedded servers or to Docker's. Called before the first server starts.
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
 * @returns {Promise<LocalServers | null>} the servers that the data of the home belongs to; null: there is no data yet
 */
export async function earlierServers(home) {
  const text = (await readFile(home.serversFile, 'utf8').catch(() => '')).trim()
  if (text === 'docker' || text === 'embedded') return text
  // Homes that were created before Docker could be chosen have no such file.
  return existsSync(join(home.postgresDir, 'cluster')) || existsSync(join(home.kafkaDir, 'formatted'))
    ? 'embedded'
    : null
}
