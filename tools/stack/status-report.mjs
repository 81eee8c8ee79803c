import { displayPath } from './home.mjs'
import { lagOf } from './lag.mjs'
import { readSkips } from './skips.mjs'
import { lockHolder } from './lock.mjs'
import { parseMetrics } from './metrics-text.mjs'
import { withoutPassword } from './named-servers.mjs'
import { ProcessRegistry } from './process-registry.mjs'
import { readStack } from './stack-file.mjs'

/** A service that takes longer to answer its health request is reported as `silent`, and so counts as not ready. */
const ANSWER_LIMIT_MS = 5_000

/**
 * The state of the system in a home:
 * - `running`: every service is ready.
 * - `impaired`: at least one service is not ready.
 * - `starting`: a launcher runs, but the system is not ready yet, or is stopping.
 * - `abandoned`: processes are running, but their launcher has ended.
 * - `stopped`: nothing is running.
 *
 * @typedef {'running' | 'impaired' | 'starting' | 'abandoned' | 'stopped'} State
 */

/**
 * @typedef {object} ServiceStatus
 * @property {string} name
 * @property {string} instance
 * @property {readonly string[]} [groups]
 * @property {number} pid
 * @property {string | null} since - ISO instant; null when the service does not answer.
 * @property {boolean} ready
 * @property {string} state - As the service reports it: ready, notReady, draining, failed; `silent` when it does not answer.
 * @property {string[]} waitsFor - The parts that are not ready, and why.
 * @property {string} healthUrl
 * @property {string} metricsUrl
 * @property {string} log
 */

/**
 * @typedef {object} StatusReport
 * @property {State} state
 * @property {string} home
 * @property {number | null} launcherPid
 * @property {string | null} since - When the system became ready.
 * @property {string | null} apiUrl
 * @property {string | null} databaseUrl - Without its password.
 * @property {readonly string[]} kafkaBrokers
 * @property {import('./stack-file.mjs').Stack['serversFrom'] | null} serversFrom
 * @property {{ name: string, pid: number, since: string, log: string }[]} servers - Postgres and Kafka, where the launcher runs them as
 *   processes.
 * @property {ServiceStatus[]} services
 * @property {import('./lag.mjs').Lag[]} lag
 * @property {import('./skips.mjs').Skipped[]} skipped - Input that was skipped since the processes started; of each process, the most
 *   recent first.
 * @property {{ name: string, pid: number }[]} leftovers - Processes that run without a launcher.
 */

/**
 * @param {import('./home.mjs').Home} home
 * @returns {Promise<StatusReport>}
 */
export async function reportStatus(home) {
  const [launcher, stack] = await Promise.all([lockHolder(home.lockFile), readStack(home.dir)])
  const leftovers = launcher === null ? new ProcessRegistry(home.processesFile, () => {}).leftovers() : []
  const answers = await Promise.all(stack === null || launcher === null ? [] : stack.services.map(askService))
  const services = answers.map(({ status }) => status)
  return {
    state: stateOf({
      hasLauncher: launcher !== null,
      isAbandoned: leftovers.length > 0,
      hasStack: stack !== null,
      services,
    }),
    home: displayPath(home.dir),
    launcherPid: launcher?.pid ?? null,
    since: stack?.readyAt ?? null,
    apiUrl: stack?.apiUrl ?? null,
    databaseUrl: stack === null ? null : withoutPassword(stack.databaseUrl),
    kafkaBrokers: stack?.kafkaBrokers ?? [],
    serversFrom: stack?.serversFrom ?? null,
    servers: (stack?.servers ?? []).map((server) => ({ ...server, log: displayPath(server.log) })),
    services,
    lag: lagOf(answers.flatMap(({ samples }) => samples)),
    skipped: answers.flatMap(({ skipped }) => skipped),
    leftovers: leftovers.map(({ name, pid }) => ({ name, pid })),
  }
}

/**
 * @param {{ hasLauncher: boolean, isAbandoned: boolean, hasStack: boolean, services: readonly ServiceStatus[] }} facts
 * @returns {State}
 */
function stateOf({ hasLauncher, isAbandoned, hasStack, services }) {
  if (!hasLauncher) return isAbandoned ? 'abandoned' : 'stopped'
  if (!hasStack) return 'starting'
  return services.every(({ ready }) => ready) ? 'running' : 'impaired'
}

/**
 * @typedef {object} ServiceAnswer
 * @property {ServiceStatus} status
 * @property {import('./metrics-text.mjs').Sample[]} samples
 * @property {import('./skips.mjs').Skipped[]} skipped
 */

/**
 * @param {import('./stack-file.mjs').StackService} service
 * @returns {Promise<ServiceAnswer>}
 */
async function askService(service) {
  const skippedUrl = new URL('skipped', service.healthUrl).href
  const [health, metrics, skips] = await Promise.all([get(service.healthUrl), get(service.metricsUrl), get(skippedUrl)])
  const samples = metrics === null ? [] : parseMetrics(metrics.body)
  const startedAt = samples.find(({ name }) => name === 'process_start_time_seconds')?.value
  const since = startedAt === undefined ? null : new Date(startedAt * 1000).toISOString()
  const skipped = skips?.ok === true ? readSkips(service.instance, skips.body) : []
  return { samples, skipped, status: { ...service, since, ...readinessOf(health) } }
}

/** @param {{ ok: boolean, body: string } | null} health */
function readinessOf(health) {
  if (health === null) return { ready: false, state: 'silent', waitsFor: [] }
  /** @type {{ status: string, reason?: string, parts?: Record<string, { ready: boolean, detail?: string }> }} */
  const { status, reason, parts = {} } = JSON.parse(health.body)
  const waitsFor = Object.entries(parts)
    .filter(([, { ready }]) => !ready)
    .map(([part, { detail }]) => (detail === undefined ? part : `${part}: ${detail}`))
  return { ready: health.ok, state: status, waitsFor: reason === undefined ? waitsFor : [reason, ...waitsFor] }
}

/**
 * @param {string} url
 * @returns {Promise<{ ok: boolean, body: string } | null>} null: no answer
 */
async function get(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    return { ok: response.ok, body: await response.text() }
  } catch {
    // Not listening, frozen, or ended meanwhile: each of these is reported as "does not answer".
    return null
  }
}
