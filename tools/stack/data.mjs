import { rm } from 'node:fs/promises'
import { removeDockerServers } from './docker-servers.mjs'
import { earlierServers, forgetServers } from './server-source.mjs'

/**
 * Removes the data of Postgres and Kafka in a home. No process of that home may be running.
 *
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<void>}
 */
export async function removeData(home) {
  if ((await earlierServers(home)) === 'docker') await removeDockerServers(home)
  for (const dir of [home.kafkaDir, home.postgresDir, home.dockerDir]) await rm(dir, { recursive: true, force: true })
  await forgetServers(home)
}
