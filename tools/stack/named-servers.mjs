import { connect } from 'node:net'
import { StackError } from './stack-error.mjs'

/** How long a server that the environment names may take to accept a connection. A slower server counts as unreachable. */
const CONNECT_LIMIT_MS = 5_000

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} the brokers that KAFKA_BROKERS names
 */
export function namedBrokers(env) {
  return (env['KAFKA_BROKERS'] ?? '')
    .split(',')
    .map((broker) => broker.trim())
    .filter(Boolean)
}

/**
 * Throws a one-line message when a server that the environment names does not answer. Called before anything is started.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<void>}
 */
export async function requireNamedServers(env) {
  await Promise.all([requireBrokers(namedBrokers(env)), env['DATABASE_URL'] && requireDatabase(env['DATABASE_URL'])])
}

/** @param {readonly string[]} brokers */
async function requireBrokers(brokers) {
  const answers = await Promise.all(brokers.map(brokerFault))
  if (brokers.length === 0 || answers.includes(null)) return
  throw new StackError(
    `KAFKA_BROKERS=${brokers.join(',')}: no broker answers (${answers.join('; ')}). Start that Kafka, correct the address, or unset KAFKA_BROKERS to run a local one.`,
  )
}

/**
 * @param {string} broker
 * @returns {Promise<string | null>} why the broker cannot be reached, null if it can
 */
async function brokerFault(broker) {
  const address = broker.match(/^\[?(?<host>[^\]]+?)\]?:(?<port>\d{1,5})$/)?.groups
  if (!address || Number(address['port']) > 65_535) return `${broker} is not host:port`
  const fault = await connectFault(String(address['host']), Number(address['port']))
  return fault === null ? null : `${broker}: ${fault}`
}

/** @param {string} databaseUrl */
async function requireDatabase(databaseUrl) {
  const url = parseDatabaseUrl(databaseUrl)
  // Without a host, or with the host as a parameter, the URL names a Unix socket. Sockets are not checked here: the first query
  // shows whether a server answers.
  if (url.hostname === '' || url.searchParams.has('host')) return
  const fault = await connectFault(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || 5432))
  if (fault !== null) throw unreachableDatabase(databaseUrl, fault)
}

/**
 * @param {string} databaseUrl
 * @param {string} fault
 */
export function unreachableDatabase(databaseUrl, fault) {
  return new StackError(
    `DATABASE_URL=${withoutPassword(databaseUrl)}: ${fault}. Start that PostgreSQL, correct the address, or unset DATABASE_URL to run a local one.`,
  )
}

/**
 * The URL with its passwords replaced by `***`, for terminals and logs.
 *
 * @param {string} databaseUrl
 * @returns {string}
 */
export function withoutPassword(databaseUrl) {
  const url = parseDatabaseUrl(databaseUrl)
  if (url.password !== '') url.password = '***'
  if (url.searchParams.has('password')) url.searchParams.set('password', '***')
  return url.href
}

/** @param {string} text */
export function parseDatabaseUrl(text) {
  try {
    if (/^postgres(ql)?:\/\//.test(text)) return new URL(text)
  } catch {
    // Not a URL: the error below shows an example.
  }
  throw new StackError('DATABASE_URL must look like postgres://user:password@host:5432/database')
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string | null>} null: the server accepts connections
 */
function connectFault(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_LIMIT_MS })
    const end = (/** @type {string | null} */ answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end(`no answer within ${CONNECT_LIMIT_MS / 1000} s`))
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => end(error.code ?? error.message))
  })
}
