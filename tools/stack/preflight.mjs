import { mkdir } from 'node:fs/promises'
import { requireFreeSpace } from './disk-space.mjs'
import { findJava, requireMaven } from './java.mjs'
import { hasKafkaJars } from './kafka-jars.mjs'
import { namedBrokers, requireNamedServers } from './named-servers.mjs'
import { chooseServers } from './server-source.mjs'

/**
 * @typedef {object} PreflightOptions
 * @property {import('./home.mjs').Home} home
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} fresh - Whether the start begins with empty servers. If so, it does not matter which servers hold earlier data.
 * @property {import('./system.mjs').OnProgress} onProgress
 */

/**
 * Checks the machine before anything is downloaded or started. Throws a one-line message that names what is missing.
 *
 * @param {PreflightOptions} options
 * @returns {Promise<import('./server-source.mjs').LocalServers | null>} how the local servers run; null: the environment names both servers
 */
export async function preflight(options) {
  const { home, env } = options
  const [servers] = await Promise.all([chooseServers(options), requireNamedServers(env)])
  if (servers !== 'embedded') return servers
  await requireFreeSpace(home.dir, 'HOOKLANE_HOME')
  if (namedBrokers(env).length > 0) return servers
  await findJava()
  if (hasKafkaJars(home.cacheDir)) return servers
  await requireMaven()
  await mkdir(home.cacheDir, { recursive: true })
  await requireFreeSpace(home.cacheDir, 'HOOKLANE_CACHE')
  return servers
}
