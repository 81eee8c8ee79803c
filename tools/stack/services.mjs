import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { bundledProgram } from '../build/entries.mjs'
import { freePort } from './ports.mjs'
import { readOrMakeSecret } from './secrets.mjs'

/**
 * One service process to run.
 *
 * @typedef {object} ServiceSpecification
 * @property {string} name - The name in stack.json; several instances share it.
 * @property {string} instance - The name of the process and of its log.
 * @property {string} entry - The file that Node runs.
 * @property {() => Promise<Record<string, number>>} choosePorts - Returns ports by the name of their setting. Called again when another
 *   process has taken one of the ports.
 * @property {readonly string[]} [groups] - Of a dispatcher: its worker groups.
 * @property {NodeJS.ProcessEnv} env
 */

/** The addresses at which receivers of a local system may be reached: only this machine's. */
const LOOPBACK_TARGETS = '127.0.0.0/8,::1/128,localhost'

/**
 * Variables of the launcher that services do not get. A proxy would bypass the address guard, so services refuse to start with
 * the variables of a proxy. The launcher may need these variables for npm.
 */
const UNWANTED = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'NODE_OPTIONS']

/**
 * The services in the order of their start. The services of one stage start side by side. A stage starts when the stage before
 * it is ready.
 *
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env - The environment of all services: from the user, the servers and the secrets.
 * @param {() => Promise<number>} options.chooseApiPort
 * @param {number} options.dispatchers
 * @param {number} options.routers
 * @param {string | null} options.captureFile
 * @returns {ServiceSpecification[][]}
 */
export function planServices({ env, chooseApiPort, dispatchers, routers, captureFile }) {
  const groups = (env['WORKER_GROUPS'] || '*').split(',')
  const service = (/** @type {string} */ name, /** @type {NodeJS.ProcessEnv} */ own = {}, instance = name) => ({
    name,
    instance,
    entry: bundledProgram(name),
    choosePorts: async () => ({ HEALTH_PORT: await freePort() }),
    env: { ...env, ...own, HEALTH_HOST: '127.0.0.1' },
  })
  const dispatcher = (/** @type {number} */ index) => ({
    ...service('dispatcher', { WORKER_GROUPS: groups.join(',') }, `dispatcher-${index + 1}`),
    groups,
  })
  const router = (/** @type {number} */ index) =>
    service('router', {}, routers === 1 ? 'router' : `router-${index + 1}`)
  const api = {
    ...service('subscription-service', { HTTP_HOST: env['HTTP_HOST'] || '127.0.0.1' }),
    choosePorts: async () => ({ HEALTH_PORT: await freePort(), HTTP_PORT: await chooseApiPort() }),
  }
  return [
    [api],
    [service('event-producer', captureFile === null ? {} : { CAPTURE_FILE: captureFile })],
    [...several(routers, router), ...several(dispatchers, dispatcher), service('recorder')],
  ]
}

/**
 * @template T
 * @param {number} count
 * @param {(index: number) => T} make
 */
const several = (count, make) => Array.from({ length: count }, (_, index) => make(index))

/**
 * The environment that all services share.
 *
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.databaseUrl
 * @param {readonly string[]} options.kafkaBrokers
 * @param {string} options.secretsDir
 * @returns {Promise<{ env: NodeJS.ProcessEnv, operatorKey: string }>}
 */
export async function sharedEnvironment({ env, databaseUrl, kafkaBrokers, secretsDir }) {
  const own = Object.fromEntries(Object.entries(env).filter(([key]) => !UNWANTED.includes(key)))
  const secretsKey = await secret(own, 'SECRETS_KEY', secretsDir, () => randomBytes(32).toString('base64'))
  const operatorKey = await secret(own, 'OPERATOR_KEY', secretsDir, makeOperatorKey)
  return {
    operatorKey: operatorKey.value,
    env: {
      ALLOW_TARGETS: LOOPBACK_TARGETS,
      LOG_LEVEL: 'info',
      TOPIC_PREFIX: 'hooklane.',
      TOPIC_PROFILE: 'dev',
      ...own,
      ...secretsKey.env,
      ...operatorKey.env,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: kafkaBrokers.join(','),
    },
  }
}

/**
 * Returns the secret that the user's environment sets, or else a secret that is created once and passed to the services as a file.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} key
 * @param {string} secretsDir
 * @param {() => string} make
 * @returns {Promise<{ value: string, env: NodeJS.ProcessEnv }>}
 */
async function secret(env, key, secretsDir, make) {
  const given = env[key]
  const givenFile = env[`${key}_FILE`]
  if (given) return { value: given, env: {} }
  if (givenFile) return { value: (await readFile(givenFile, 'utf8')).trim(), env: {} }
  const name = key.toLowerCase().replaceAll('_', '-')
  return { value: await readOrMakeSecret(secretsDir, name, make), env: { [`${key}_FILE`]: join(secretsDir, name) } }
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `hko_<id>_<secret>_<checksum>`: the checksum distinguishes a mistyped key from a wrong one. */
function makeOperatorKey() {
  const id = Array.from(randomBytes(16), (byte) => CROCKFORD.charAt(byte & 31)).join('')
  const body = `hko_${id}_${randomBytes(32).toString('base64url')}`
  return `${body}_${zlib.crc32(body).toString(16).padStart(8, '0')}`
}
