import { watchDisk } from './disk-space.mjs'
import { startDockerServers } from './docker-servers.mjs'
import { startKafka } from './kafka.mjs'
import { startPostgres } from './postgres.mjs'
import { keepRunning } from './kept-server.mjs'
import { namedBrokers } from './named-servers.mjs'
import { rememberServers } from './server-source.mjs'

/**
 * @typedef {object} Infrastructure
 * @property {string} serverUrl - Postgres, as a user who may create databases.
 * @property {string[]} kafkaBrokers
 * @property {{ name: string, pid: number, since: string, log: string }[]} processes - The servers that the launcher runs as processes.
 * @property {(name: ServerName, signal: NodeJS.Signals) => Promise<() => Promise<void>>} takeDown - See `KeptServer.takeDown`.
 * @property {() => Promise<void>} stop - Stops Kafka, then Postgres.
 */

/** @typedef {'kafka' | 'postgres'} ServerName */

/**
 * @typedef {object} InfrastructureOptions
 * @property {import('./home.mjs').Home} home
 * @property {import('./process-registry.mjs').ProcessRegistry} registry
 * @property {NodeJS.ProcessEnv} env - DATABASE_URL and KAFKA_BROKERS name servers that are used instead of local ones.
 * @property {import('./server-source.mjs').LocalServers | null} servers - How the local servers run; null when the environment names both
 *   servers.
 * @property {() => void} onRestarted - Called when a server runs again, under another pid.
 * @property {boolean} restart - Whether a server that ends unexpectedly is restarted.
 * @property {import('./system.mjs').OnProgress} onProgress
 * @property {AbortSignal | undefined} signal
 */

/**
 * Starts Postgres and Kafka side by side. If the environment names a server, uses that server instead of a local one.
 *
 * @param {InfrastructureOptions} options
 * @returns {Promise<Infrastructure>}
 */
export async function startServers(options) {
  const { env, home, servers } = options
  if (servers !== null) await rememberServers(home, servers)
  if (servers === 'docker') return startDockerServers(options)
  const brokers = namedBrokers(env)
  const [postgres, kafka] = await Promise.allSettled([
    env['DATABASE_URL'] ? null : keepRunning('postgres', options, startLocalPostgres),
    brokers.length > 0 ? null : keepRunning('kafka', options, startLocalKafka),
  ])
  const started = [kafka, postgres].flatMap((part) => (part.status === 'fulfilled' && part.value ? [part.value] : []))
  const endWatch = started.length > 0 ? watchDisk(home.dir, (text) => options.onProgress('disk', text)) : () => {}
  const stop = async () => {
    endWatch()
    for (const server of started) await server.stop()
  }
  const failed = [postgres, kafka].find((part) => part.status === 'rejected')
  if (failed?.status === 'rejected') {
    await stop()
    throw failed.reason
  }
  const value = (/** @type {PromiseSettledResult<import('./kept-server.mjs').KeptServer | null>} */ part) =>
    part.status === 'fulfilled' ? part.value : null
  return {
    serverUrl: env['DATABASE_URL'] || /** @type {string} */ (value(postgres)?.address),
    kafkaBrokers: brokers.length > 0 ? brokers : [/** @type {string} */ (value(kafka)?.address)],
    get processes() {
      return started.map((server) => server.current())
    },
    takeDown: (name, signal) => {
      const server = started.find((kept) => kept.current().name === name)
      if (!server) throw new Error(`${name} was not started here`)
      return server.takeDown(signal)
    },
    stop,
  }
}

/** @type {import('./kept-server.mjs').StartServer} */
async function startLocalPostgres({ home, registry, signal }, onProgress, port) {
  const server = await startPostgres({
    dataDir: home.postgresDir,
    secretsDir: home.secretsDir,
    logDir: home.logsDir,
    onProgress,
    onSpawn: (started) => registry.add(started),
    ...(port === undefined ? {} : { port }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...server, address: server.url }
}

/** @type {import('./kept-server.mjs').StartServer} */
async function startLocalKafka({ home, registry, signal }, onProgress, port) {
  const server = await startKafka({
    dataDir: home.kafkaDir,
    cacheDir: home.cacheDir,
    logDir: home.logsDir,
    onProgress,
    onSpawn: (started) => registry.add(started),
    ...(port === undefined ? {} : { port }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...server, address: /** @type {string} */ (server.brokers[0]) }
}
