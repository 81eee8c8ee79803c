import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { composeProject, runCompose } from './docker.mjs'
import { namedBrokers } from './named-servers.mjs'
import { rememberedPort, startOnFreePorts } from './ports.mjs'
import { readOrMakeSecret } from './secrets.mjs'

/** How long the containers may take to become healthy. The first start downloads the images; later starts take seconds. */
const HEALTHY_LIMIT_SECONDS = 180

/**
 * Starts Postgres and Kafka from docker-compose.yml, unless the environment names a server instead, and waits until the
 * containers are healthy. Docker restarts containers that end unexpectedly. The servers keep their data in named volumes.
 *
 * @param {import('./infrastructure.mjs').InfrastructureOptions} options
 * @returns {Promise<import('./infrastructure.mjs').Infrastructure>}
 */
export async function startDockerServers({ home, env, onProgress, signal }) {
  const brokers = namedBrokers(env)
  const services = [...(env['DATABASE_URL'] ? [] : ['postgres']), ...(brokers.length > 0 ? [] : ['kafka'])]
  const password = await readOrMakeSecret(home.secretsDir, 'postgres-password', () =>
    randomBytes(24).toString('base64url'),
  )
  const choosePorts = async () => ({
    postgres: await rememberedPort(join(home.dockerDir, 'postgres.port')),
    kafka: await rememberedPort(join(home.dockerDir, 'kafka.port')),
  })
  onProgress(
    'servers',
    `starting ${services.join(' and ')} with Docker Compose (project ${await composeProject(home)})`,
  )
  const startedAt = Date.now()
  const ports = await startOnFreePorts(choosePorts, async (ports) => {
    const up = ['up', '--detach', '--wait', '--wait-timeout', String(HEALTHY_LIMIT_SECONDS), ...services]
    try {
      await runCompose(home, up, { env: composeEnvironment(ports, password), advice: ADVICE, signal })
    } catch (error) {
      await stopDockerServers(home)
      throw error
    }
    return ports
  })
  onProgress('servers', `ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  return {
    serverUrl: env['DATABASE_URL'] || `postgres://postgres:${password}@127.0.0.1:${ports.postgres}/postgres`,
    kafkaBrokers: brokers.length > 0 ? brokers : [`127.0.0.1:${ports.kafka}`],
    processes: [],
    takeDown: (name) => Promise.reject(new Error(`${name} runs in a container: docker compose takes it down`)),
    stop: async () => {
      onProgress('servers', `stopping ${services.join(' and ')}`)
      await stopDockerServers(home)
    },
  }
}

const ADVICE =
  'Fix what Docker reports, or set HOOKLANE_SERVERS=embedded to run Kafka and PostgreSQL without Docker. Docker reports'

/**
 * Stops the containers and keeps their data.
 *
 * @param {import('./home.mjs').Home} home
 */
export const stopDockerServers = (home) => runCompose(home, ['stop'], { env: PLACEHOLDERS })

/**
 * Removes the containers and the data.
 *
 * @param {import('./home.mjs').Home} home
 */
export const removeDockerServers = (home) => runCompose(home, ['down', '--volumes'], { env: PLACEHOLDERS })

/**
 * The variables that docker-compose.yml reads.
 *
 * @param {{ postgres: number, kafka: number }} ports
 * @param {string} password
 */
function composeEnvironment(ports, password) {
  return {
    POSTGRES_PORT: String(ports.postgres),
    KAFKA_PORT: String(ports.kafka),
    POSTGRES_PASSWORD: password,
  }
}

/** For commands that start no container, because Compose requires the variables for every command. */
const PLACEHOLDERS = composeEnvironment({ postgres: 1, kafka: 1 }, 'unused')
