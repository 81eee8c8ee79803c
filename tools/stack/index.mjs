import { System } from './system.mjs'

export { readStack } from './stack-file.mjs'
export { StackError } from './stack-error.mjs'

/**
 * Starts Postgres and Kafka without any service, for tests; servers that DATABASE_URL and KAFKA_BROKERS name are used
 * instead. Installs and builds first.
 *
 * @param {import('./system.mjs').InfrastructureRequest} [request]
 * @returns {Promise<{ serverUrl: string, kafkaBrokers: string[], stop: () => Promise<void> }>} `serverUrl`: Postgres, as a user who may create databases
 */
export async function startInfrastructure(request = {}) {
  const system = new System(withServersOfItsOwn(request))
  try {
    await system.prepare({ withServices: false })
    const { serverUrl, kafkaBrokers } = await system.startServers()
    return { serverUrl, kafkaBrokers, stop: () => system.stop() }
  } catch (error) {
    await system.stop()
    throw error
  }
}

/**
 * A running local system.
 *
 * @typedef {object} RunningSystem
 * @property {import('./stack-file.mjs').Stack} stack - As stack.json stands at this moment: pids change when a service is started again.
 * @property {readonly string[]} running - Names of what runs.
 * @property {(name: string, signal?: NodeJS.Signals) => void} kill - Signals each service of that name, or one instance (`dispatcher-2`).
 * @property {(name: 'kafka' | 'postgres', signal: NodeJS.Signals) => Promise<() => Promise<void>>} takeDown - Ends a server by a
 *   signal and keeps it away (`restart` notwithstanding) until the function it answers starts it again on the same port and data.
 * @property {() => Promise<void>} stop - Ends everything in reverse order.
 */

/**
 * Starts a whole local system: Postgres, Kafka, schema, topics, services. Resolves when every service is ready and
 * stack.json is written; rejects after it has ended what it began.
 *
 * @param {import('./system.mjs').SystemRequest} [request]
 * @returns {Promise<RunningSystem>}
 */
export async function startSystem(request = {}) {
  const system = new System(withServersOfItsOwn(request))
  try {
    await system.prepare({ withServices: true })
    await system.startServices(await system.startServers())
  } catch (error) {
    await system.stop()
    throw error
  }
  return {
    get stack() {
      return system.stack
    },
    get running() {
      return system.running
    },
    kill: (name, signal = 'SIGKILL') => system.kill(name, signal),
    takeDown: (name, signal) => system.takeDown(name, signal),
    stop: () => system.stop(),
  }
}

/**
 * Programs that kill servers, or measure what they cost, need them as processes: Docker is for `npm start`, unless
 * HOOKLANE_SERVERS says otherwise.
 *
 * @template {import('./system.mjs').InfrastructureRequest} Request
 * @param {Request} request
 * @returns {Request}
 */
function withServersOfItsOwn(request) {
  return { ...request, env: { HOOKLANE_SERVERS: process.env['HOOKLANE_SERVERS'] || 'embedded', ...request.env } }
}
