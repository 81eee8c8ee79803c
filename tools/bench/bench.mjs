import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startSystem } from '../stack/index.mjs'
import { cpuOf, cpuOfFamily, cpuOfMachine } from './cpu.mjs'
import { profilingEnvironment, summariseProfiles, toggleProfiling } from './profile.mjs'
import { startRemote } from './remote.mjs'
import { createDatabase } from '../demo/workload.mjs'
import { CAPTURE, CONFIGURATION_MS, ROWS_PER_TRANSACTION, planCompanies, subscribe } from './world.mjs'

/** The number of deliveries before the measurement. They let the compilers of Node and of the JVM compile the hot path. */
const WARM_UP = 20_000
/** The size of a body in bytes without the product's description. The description fills the body up to the wanted size. */
const BODY_WITHOUT_TEXT = 1_458
const RAW_WARM_UP = 20_000
const RAW_REQUESTS = 100_000
/** The maximum number of connections that the product keeps to one allowed origin. The raw sender keeps the same number. */
const MAX_IN_FLIGHT = 256
const STALLED_MS = 120_000
const SERVICES = ['event-producer', 'router', 'dispatcher', 'recorder', 'subscription-service']

/**
 * @typedef {object} BenchOptions
 * @property {readonly number[]} apps - Number of apps, for one scenario each.
 * @property {number} deliveries
 * @property {number} payload - Approximate bytes of a body.
 * @property {number} fanOut - Apps per company; each gets every change of the company.
 * @property {number} dead - Percentage of the apps whose receiver answers 503.
 * @property {boolean} profile
 * @property {string} home
 * @property {string} cacheDir
 * @property {(text: string) => void} say
 */

/**
 * @typedef {object} Scenario
 * @property {number} apps
 * @property {number} fanOut
 * @property {number} deliveries
 * @property {number} bodyBytes - On average.
 * @property {number} perSecond - From the first commit to the last arrival.
 * @property {Record<string, number>} cpu - CPU-seconds per 1,000 deliveries, by process of the delivery path.
 * @property {Record<string, number>} aside - The same for processes whose CPU time does not count as the product's, such as the receiver.
 * @property {{ cpu: number, perSecond: number }} raw - CPU-seconds per 1,000 requests of the raw sender, and its requests per second.
 * @property {number} disturbance - CPU time of processes outside the benchmark, as a share of the CPU time of all processes.
 */

/**
 * @typedef {object} World
 * @property {BenchOptions} options
 * @property {Awaited<ReturnType<typeof startSystem>>} system
 * @property {import('./remote.mjs').Remote} receiver
 * @property {import('./remote.mjs').Remote} generator
 * @property {import('./remote.mjs').Remote} rawSender
 * @property {string} origin
 * @property {number} backend - Process id of the Postgres backend of the generator's connection.
 */

/**
 * Starts its own system and measures each scenario on it.
 *
 * @param {BenchOptions} options
 * @returns {Promise<Scenario[]>}
 */
export async function runBench(options) {
  const { home, cacheDir, say } = options
  const part = (/** @type {string} */ name) => startRemote(join(import.meta.dirname, `${name}-process.mjs`))
  const [receiver, generator, rawSender] = [part('receiver'), part('generator'), part('raw-sender')]
  const profiles = join(home, 'profiles')
  await mkdir(profiles, { recursive: true })
  /** @type {Awaited<ReturnType<typeof startSystem>> | null} */
  let system = null
  try {
    const origin = `http://127.0.0.1:${await receiver.call('listen')}`
    let backend = 0
    system = await startSystem({
      home,
      cacheDir,
      restart: false,
      onProgress: (step, text) => say(`  ${step}: ${text}`),
      beforeServices: async ({ serverUrl }) => {
        const databaseUrl = await createDatabase(serverUrl, 'bench_pim')
        backend = await generator.call('open', databaseUrl)
        const captureFile = join(home, 'capture.yaml')
        await writeFile(captureFile, CAPTURE)
        const profiling = options.profile ? profilingEnvironment(profiles) : {}
        return { captureFile, env: { BENCH_DATABASE_URL: databaseUrl, ...profiling } }
      },
    })
    const world = { options, system, receiver, generator, rawSender, origin, backend }
    const scenarios = []
    for (const apps of options.apps) scenarios.push(await runScenario(world, apps))
    return scenarios
  } finally {
    await generator.call('close').catch(() => undefined)
    await system?.stop()
    await Promise.all([receiver, generator, rawSender].map((remote) => remote.stop()))
  }
}

/** @param {World} world @param {number} apps @returns {Promise<Scenario>} */
async function runScenario(world, apps) {
  const { options, system, receiver, generator, rawSender, origin } = world
  const { fanOut, say, payload } = options
  const companies = planCompanies({ apps, fanOut, deadPercent: options.dead })
  const textLength = Math.max(0, payload - BODY_WITHOUT_TEXT)
  await generator.call(
    'seed',
    companies.map(({ id }) => id),
    textLength,
  )
  say(`${apps} apps in ${companies.length} companies subscribe`)
  await subscribe(system.stack, companies, origin)
  await delay(CONFIGURATION_MS)

  say(`warming up with ${WARM_UP} deliveries`)
  await deliver(world, companies, WARM_UP)
  const inFlight = Math.min(apps, MAX_IN_FLIGHT)
  await rawSender.call('open', origin, inFlight, await receiver.call('samples'))
  await rawSender.call('send', RAW_WARM_UP, inFlight)
  // The raw sender makes half of its requests before the measured deliveries and half after them, so that a change in the machine's speed
  // affects both measurements.
  const rawBefore = await rawSender.call('send', RAW_REQUESTS / 2, inFlight)

  say(`measuring ${options.deliveries} deliveries`)
  const pids = system.stack.services.map(({ pid }) => pid)
  if (options.profile) toggleProfiling(pids)
  const before = readCpu(world)
  const { deliveries, seconds, bodyBytes } = await deliver(world, companies, options.deliveries)
  const after = readCpu(world)
  if (options.profile) {
    toggleProfiling(pids)
    say(await summariseProfiles(join(options.home, 'profiles'), pids, deliveries))
  }
  const rawAfter = await rawSender.call('send', RAW_REQUESTS / 2, inFlight)

  const sum = (/** @type {Record<string, number>} */ times) =>
    Object.values(times).reduce((total, value) => total + value, 0)
  const ours = sum(after.counted) + sum(after.aside) - sum(before.counted) - sum(before.aside)
  const perThousand = (/** @type {number} */ cpuSeconds) => (cpuSeconds * 1000) / deliveries
  const spent = (/** @type {Record<string, number>} */ end, /** @type {Record<string, number>} */ start) =>
    Object.fromEntries(Object.entries(end).map(([name, value]) => [name, perThousand(value - (start[name] ?? 0))]))
  return {
    apps,
    fanOut,
    deliveries,
    bodyBytes,
    perSecond: deliveries / seconds,
    cpu: spent(after.counted, before.counted),
    aside: spent(after.aside, before.aside),
    raw: {
      cpu: ((rawBefore.cpuSeconds + rawAfter.cpuSeconds) * 1000) / RAW_REQUESTS,
      perSecond: RAW_REQUESTS / (rawBefore.seconds + rawAfter.seconds),
    },
    disturbance: Math.max(0, 1 - ours / (after.machine - before.machine)),
  }
}

/**
 * Commits changes, and waits until all their deliveries have arrived and the recorder has written them.
 *
 * @param {World} world
 * @param {readonly import('./world.mjs').Company[]} companies
 * @param {number} wanted - Approximate number of deliveries. It is rounded so that all companies have the same number of transactions.
 */
async function deliver({ receiver, generator, system }, companies, wanted) {
  const living = companies.map(({ apps }) => apps.filter(({ isDead }) => !isDead).length)
  const perTurn = living.reduce((sum, apps) => sum + apps, 0) * ROWS_PER_TRANSACTION
  const turns = Math.max(1, Math.round(wanted / perTurn))
  const deliveries = turns * perTurn
  await receiver.call('reset')
  const recordedBefore = await recordedBy(system.stack)
  const startedAt = Date.now()
  const arrived = receiver.call('reached', deliveries)
  await generator.call('write', turns * companies.length * ROWS_PER_TRANSACTION)
  const arrivedAt = await untilArrived(receiver, arrived, deliveries)
  const { refused } = await receiver.call('counts')
  await untilRecorded(system.stack, recordedBefore + deliveries + refused)
  const { accepted, bytes } = await receiver.call('counts')
  if (accepted !== deliveries) throw new Error(`${accepted} deliveries arrived instead of ${deliveries}`)
  return { deliveries, seconds: (arrivedAt - startedAt) / 1000, bodyBytes: Math.round(bytes / accepted) }
}

/** @param {World['receiver']} receiver @param {Promise<number>} arrived @param {number} deliveries */
async function untilArrived(receiver, arrived, deliveries) {
  let accepted = 0
  for (;;) {
    const at = await Promise.race([arrived, delay(STALLED_MS, null, { ref: false })])
    if (at !== null) return at
    const counts = await receiver.call('counts')
    if (counts.accepted === accepted)
      throw new Error(`${accepted} of ${deliveries} deliveries arrived, then nothing for ${STALLED_MS / 1000} s`)
    accepted = counts.accepted
  }
}

/** @param {import('../stack/stack-file.mjs').Stack} stack @param {number} records */
async function untilRecorded(stack, records) {
  const limit = Date.now() + STALLED_MS
  while ((await recordedBy(stack)) < records) {
    if (Date.now() > limit) throw new Error(`the recorder has not written ${records} records after ${STALLED_MS} ms`)
    await delay(200)
  }
}

/** @param {import('../stack/stack-file.mjs').Stack} stack @returns {Promise<number>} records that the recorder has written since its start */
async function recordedBy(stack) {
  const recorder = stack.services.find(({ name }) => name === 'recorder')
  const metrics = await (await fetch(/** @type {{ metricsUrl: string }} */ (recorder).metricsUrl)).text()
  const lines = metrics.split('\n').filter((line) => line.startsWith('hooklane_log_records_total{'))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** CPU-seconds used so far, by process. @param {World} world */
function readCpu({ system, receiver, generator, backend }) {
  const { services, servers } = system.stack
  const server = (/** @type {string} */ wanted) => {
    const found = servers.find(({ name }) => name === wanted)
    if (!found)
      throw new Error(
        `the benchmark measures only servers that it runs as its own processes, but ${wanted} runs elsewhere (in Docker, or as the environment names it)`,
      )
    return found.pid
  }
  const counted = /** @type {Record<string, number>} */ ({})
  for (const name of SERVICES) {
    const instances = services.filter((service) => service.name === name)
    counted[name] = instances.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
  }
  const writing = cpuOf(backend)
  counted['kafka'] = cpuOf(server('kafka'))
  counted['postgres'] = cpuOfFamily(server('postgres')) - writing
  const aside = { receiver: cpuOf(receiver.pid), generator: cpuOf(generator.pid), 'PIM in postgres': writing }
  return { counted, aside, machine: cpuOfMachine() }
}
