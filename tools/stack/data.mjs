import { rm } from 'node:fs/promises'
import { removeDockerServers } from './docker-servers.mjs'
import { earlierServers, forgetServers } from './server-source.mjs'

/**
 * Removes what Postgres and Kafka have stored for a home. Nothing of it may run.
 *
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<void>}
 */
export async function removeData(home) {
  if ((await earlierServers(home)) === 'docker') await removeDockerServers(home)
  for (const dir of [home.kafkaDir, home.postgresDir, home.dockerDir]) await rm(dir, { recursive: true, force: true })
  await forgetServers(home)
}
