import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from './kafka.mjs'
import { startPostgres } from './postgres.mjs'
import { StackError } from './stack-error.mjs'

/** How long a foreign broker may take to accept a connection. */
const CONNECT_LIMIT_MS = 5_000

/** After this long a server that ended by itself is started again. */
const RESTART_AFTER_MS = 1_000
const RESTART_TRIES = 10

/**
 * @typedef {object} Infrastructure
 * @property {string} serverUrl - Postgres, as a user who may create databases.
 * @property {string[]} kafkaBrokers
 * @property {{ name: string, pid: number, log: string }[]} processes - What runs here; empty for foreign servers.
 * @property {(name: ServerName, signal: NodeJS.Signals) => Promise<() => Promise<void>>} takeDown - See `KeptServer.takeDown`.
 * @property {() => Promise<void>} stop - Kafka, then Postgres.
 */

/** @typedef {'kafka' | 'postgres'} ServerName */

/**
 * @typedef {object} InfrastructureOptions
 * @property {import('./home.mjs').Home} home
 * @property {import('./process-registry.mjs').ProcessRegistry} registry
 * @property {NodeJS.ProcessEnv} env - DATABASE_URL and KAFKA_BROKERS name servers that are used instead.
 * @property {() => void} onRestarted - A server runs again, under another pid.
 * @property {boolean} restart - Whether a server that ends by itself is started again.
 * @property {import('./system.mjs').OnProgress} onProgress
 * @property {AbortSignal | undefined} signal
 */

/**
 * Starts Postgres and Kafka, side by side, or takes the servers that the environment names.
 *
 * @param {InfrastructureOptions} options
 * @returns {Promise<Infrastructure>}
 */
export async function startServers(options) {
  const { env } = options
  const brokers = (env['KAFKA_BROKERS'] ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter(Boolean)
  const [postgres, kafka] = await Promise.allSettled([
    env['DATABASE_URL'] ? null : keepRunning('postgres', options, startLocalPostgres),
    brokers.length > 0 ? requireReachable(brokers) : keepRunning('kafka', options, startLocalKafka),
  ])
  const started = [kafka, postgres].flatMap((part) => (part.status === 'fulfilled' && part.value ? [part.value] : []))
  const stop = async () => {
    for (const server of started) await server.stop()
  }
  const failed = [postgres, kafka].find((part) => part.status === 'rejected')
  if (failed?.status === 'rejected') {
    await stop()
    throw failed.reason
  }
  const value = (/** @type {PromiseSettledResult<KeptServer | null | undefined>} */ part) =>
    part.status === 'fulfilled' ? part.value : null
  return {
    serverUrl: env['DATABASE_URL'] || /** @type {string} */ (value(postgres)?.address),
    kafkaBrokers: brokers.length > 0 ? brokers : [/** @type {string} */ (value(kafka)?.address)],
    get processes() {
      return started.map(({ current }) => current())
    },
    takeDown: (name, signal) => {
      const server = started.find(({ current }) => current().name === name)
      if (!server) throw new Error(`${name} was not started here`)
      return server.takeDown(signal)
    },
    stop,
  }
}

/**
 * @typedef {{ address: string, pid: number, log: string, exited: Promise<unknown>, kill: (signal: NodeJS.Signals) => void, stop: () => Promise<void> }} LocalServer
 */

/**
 * @typedef {object} KeptServer
 * @property {string} address
 * @property {() => { name: string, pid: number, log: string }} current
 * @property {(signal: NodeJS.Signals) => Promise<() => Promise<void>>} takeDown - Ends the server by a signal and keeps it
 *   away; what it answers starts the server again, under the same port and on the same data.
 * @property {() => Promise<void>} stop
 */

/** @typedef {(options: InfrastructureOptions, onProgress: (text: string) => void, port?: number) => Promise<LocalServer>} StartServer */

/** @type {StartServer} */
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

/** @type {StartServer} */
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

/**
 * Starts a server and, unless told otherwise, again under the same port whenever it ends by itself.
 *
 * @param {ServerName} name
 * @param {InfrastructureOptions} options
 * @param {StartServer} start
 * @returns {Promise<KeptServer>}
 */
async function keepRunning(name, options, start) {
  const say = (/** @type {string} */ text) => options.onProgress(name, text)
  const startedAt = Date.now()
  say('starting')
  let server = await start(options, say)
  say(`ready on 127.0.0.1:${portOf(server.address)} (${seconds(startedAt)})`)
  let isStopping = false
  let isTakenDown = false
  /** @type {Promise<void>} */
  let restarting = Promise.resolve()

  const startAgain = async () => {
    server = await start({ ...options, signal: undefined }, say, portOf(server.address))
    say('runs again')
    watch()
    options.onRestarted()
  }

  const again = async () => {
    for (let tries = 1; !isStopping; tries += 1) {
      say(`ended by itself; starting it again`)
      await delay(RESTART_AFTER_MS)
      try {
        await startAgain()
        return
      } catch (error) {
        say(error instanceof Error ? error.message : String(error))
        if (tries === RESTART_TRIES) return
      }
    }
  }
  const watch = () => {
    void server.exited.then(() => {
      if (isStopping) return
      options.registry.prune()
      if (isTakenDown) say('taken down')
      else if (options.restart) restarting = again()
      else say('ended by itself')
    })
  }
  watch()
  return {
    address: server.address,
    current: () => ({ name, pid: server.pid, log: server.log }),
    takeDown: async (signal) => {
      if (isTakenDown) throw new Error(`${name} is down already`)
      isTakenDown = true
      server.kill(signal)
      await server.exited
      return () => {
        isTakenDown = false
        restarting = startAgain()
        return restarting
      }
    },
    stop: async () => {
      isStopping = true
      // Who takes a server down hears of a start that fails; here it has merely ended.
      await restarting.catch(() => {})
      say('stopping')
      await server.stop()
      options.registry.prune()
    },
  }
}

/** @param {string} address */
const portOf = (address) => Number(address.match(/:(\d+)(?:\/|$)/)?.[1])

/** @param {number} since */
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/**
 * @param {readonly string[]} brokers
 * @returns {Promise<null>}
 */
async function requireReachable(brokers) {
  const answers = await Promise.all(brokers.map(connectError))
  if (answers.every((answer) => answer !== null)) {
    throw new StackError(
      `KAFKA_BROKERS=${brokers.join(',')}: no broker answers (${answers.join('; ')}). Start that Kafka, correct the address, or unset KAFKA_BROKERS to run a local one.`,
    )
  }
  return null
}

/**
 * @param {string} broker
 * @returns {Promise<string | null>} why the broker cannot be reached, null if it can
 */
function connectError(broker) {
  const address = broker.match(/^\[?(?<host>[^\]]+?)\]?:(?<port>\d{1,5})$/)?.groups
  if (!address || Number(address['port']) > 65_535) return Promise.resolve(`${broker} is not host:port`)
  const { host, port } = address
  return new Promise((resolve) => {
    const socket = connect({ host: String(host), port: Number(port), timeout: CONNECT_LIMIT_MS })
    const end = (/** @type {string | null} */ answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end(`${broker}: no answer within ${CONNECT_LIMIT_MS / 1000} s`))
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      end(`${broker}: ${error.code ?? error.message}`),
    )
  })
}
