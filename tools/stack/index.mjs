import { System } from './system.mjs'

export { readStack } from './stack-file.mjs'
export { StackError } from './stack-error.mjs'

/**
 * Starts Postgres and Kafka without any service, for tests. If DATABASE_URL or KAFKA_BROKERS names a server, uses that server
 * instead of a local one. Installs and builds first.
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
 * @property {import('./stack-file.mjs').Stack} stack - The present content of stack.json: pids change when a service is restarted.
 * @property {readonly string[]} running - The names of the running processes.
 * @property {(name: string, signal?: NodeJS.Signals) => void} kill - Sends a signal to each service of that name, or to one instance
 *   (`dispatcher-2`).
 * @property {(name: 'kafka' | 'postgres', signal: NodeJS.Signals) => Promise<() => Promise<void>>} takeDown - Ends a server by a
 *   signal and keeps it down, whatever `restart` says, until the returned function starts it again on the same port and data.
 * @property {() => Promise<void>} stop - Ends everything in reverse order.
 */

/**
 * Starts a whole local system: Postgres, Kafka, schema, topics, services. Resolves when every service is ready and
 * stack.json is written. When the start fails, ends the started processes and then rejects.
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
 * Chooses embedded servers, unless HOOKLANE_SERVERS says otherwise, because programs that kill servers or measure the cost of
 * servers need servers that are processes. Only `npm start` prefers Docker.
 *
 * @template {import('./system.mjs').InfrastructureRequest} Request
 * @param {Request} request
 * @returns {Request}
 */
function withServersOfItsOwn(request) {
  return { ...request, env: { HOOKLANE_SERVERS: process.env['HOOKLANE_SERVERS'] || 'embedded', ...request.env } }
}
