import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startSystem } from '../stack/index.mjs'
import { startReceiver } from './receiver.mjs'
import { settled, STALLED_MS } from './settled.mjs'
import { COMPANIES, subscribe, expectationsOf } from './targets.mjs'
import { CAPTURE, CompanyWriter, createDatabase, createPim, random } from './workload.mjs'

const SERVICES = ['event-producer', 'router', 'dispatcher', 'recorder', 'subscription-service']

/** Each writer's pause between transactions when the run signals services. All writers then make a few hundred changes per second. */
const PACE_MS = 15

/** @typedef {{ home: string, cacheDir: string, changes: number, apps: number, signal: 'SIGKILL' | 'SIGTERM' | null, seed: number, say: (text: string) => void }} DemoOptions */

/** @param {DemoOptions} options */
export async function runDemo({ home, cacheDir, changes, apps, signal, seed, say }) {
  const receiver = await startReceiver()
  let databaseUrl = ''
  const system = await startSystem({
    home,
    cacheDir,
    onProgress: (step, text) => say(`  ${step}: ${text}`),
    beforeServices: async ({ serverUrl }) => {
      databaseUrl = await createDatabase(serverUrl, `demo_pim_${Date.now()}`)
      await createPim(databaseUrl)
      const captureFile = join(home, 'capture.yaml')
      await writeFile(captureFile, CAPTURE)
      return { captureFile, env: { DEMO_DATABASE_URL: databaseUrl } }
    },
  })
  const interrupted = AbortSignal.any([onSignal('SIGINT'), onSignal('SIGTERM')])
  try {
    const targets = await subscribe(system.stack, apps, receiver)
    say(`${apps} apps of ${COMPANIES.length} companies subscribed; committing ${changes} changes (seed ${seed})`)
    const startedAt = Date.now()
    const killed = /** @type {string[]} */ ([])
    const writing = writeChanges(databaseUrl, changes, seed, signal !== null, interrupted)
    const killing = signal ? killInTurn(system, signal, receiver, writing, killed, say) : Promise.resolve()
    const writers = await writing.done
    await killing
    const expectations = expectationsOf(targets, writers)
    await settled(expectations, receiver.arrivals, { say, signal: interrupted })
    return {
      expectations,
      arrivals: receiver.arrivals,
      changes: writers.reduce((sum, writer) => sum + writer.changes, 0),
      events: writers.reduce((sum, writer) => sum + writer.expected.length, 0),
      seconds: (Math.max(startedAt + 1, ...receiver.arrivals.map((one) => one.receivedAt)) - startedAt) / 1000,
      killed,
    }
  } finally {
    await system.stop()
    await receiver.close()
  }
}

/** @param {NodeJS.Signals} name */
function onSignal(name) {
  const controller = new AbortController()
  process.once(name, () => controller.abort(new Error(`interrupted by ${name}`)))
  return controller.signal
}

/**
 * Runs one writer per company until all changes are made. With `paced` the writers pause between transactions, so that every kill happens
 * under load.
 * @param {string} databaseUrl @param {number} changes @param {number} seed @param {boolean} paced @param {AbortSignal} signal
 */
function writeChanges(databaseUrl, changes, seed, paced, signal) {
  const state = { written: 0, total: changes, until: paced ? 0 : changes }
  const write = async (/** @type {number} */ index) => {
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    const writer = new CompanyWriter(client, /** @type {string} */ (COMPANIES[index]), random(seed + index))
    while (state.written < changes) {
      signal.throwIfAborted()
      if (state.written >= state.until) {
        await delay(20)
        continue
      }
      // Without this pause, all changes would be written before the signal is sent, so no delivery would be in flight.
      if (paced) await delay(PACE_MS)
      const before = writer.changes
      await writer.commitOne()
      state.written += writer.changes - before
    }
    await client.end()
    return writer
  }
  const done = Promise.all(COMPANIES.map((_, index) => write(index)))
  return { state, done }
}

/**
 * Divides the changes into one equal part for each service, and ends one service in the middle of each part. The next service is ended only
 * when the previous one is ready again.
 * @param {Awaited<ReturnType<typeof startSystem>>} system @param {'SIGKILL' | 'SIGTERM'} signal
 * @param {Awaited<ReturnType<typeof startReceiver>>} receiver @param {ReturnType<typeof writeChanges>} writing @param {string[]} killed
 * @param {(text: string) => void} say
 */
async function killInTurn(system, signal, receiver, writing, killed, say) {
  const { state } = writing
  for (const [index, name] of SERVICES.entries()) {
    const share = Math.floor(state.total / SERVICES.length)
    const middle = index * share + Math.floor(share / 2)
    state.until = middle
    while (state.written < middle) await delay(10)
    await flowing(receiver, () => {
      state.until = (index + 1) * share
    })
    say(`${signal} to ${name} after ${state.written} changes`)
    const pids = system.stack.services.filter((service) => service.name === name).map(({ pid }) => pid)
    const sentAt = Date.now()
    system.kill(name, signal)
    killed.push(name)
    await untilEnded(name, pids)
    say(`  ${name} ended after ${Date.now() - sentAt} ms`)
    await untilReady(system, name, pids)
  }
  state.until = state.total
}

/**
 * Lets the writers go on, and waits until deliveries arrive, so that the signal is sent while the system is working.
 * @param {Awaited<ReturnType<typeof startReceiver>>} receiver @param {() => void} goOn
 */
async function flowing(receiver, goOn) {
  const limit = Date.now() + STALLED_MS
  const before = receiver.arrivals.length
  goOn()
  while (receiver.arrivals.length < before + 10) {
    if (Date.now() > limit) throw new Error(`fewer than 10 deliveries arrived in ${STALLED_MS / 1000} s`)
    await delay(5)
  }
}

/** The maximum time that a service may take to end: the limit of its setting `DRAIN_LIMIT_MS` (40 s), and a margin for slow machines. */
const END_LIMIT_MS = 45_000

/** @param {string} name @param {readonly number[]} pids */
async function untilEnded(name, pids) {
  const limit = Date.now() + END_LIMIT_MS
  while (pids.some(isRunning)) {
    if (Date.now() > limit) throw new Error(`${name} did not end within ${END_LIMIT_MS / 1000} s`)
    await delay(20)
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** @param {Awaited<ReturnType<typeof startSystem>>} system @param {string} name @param {readonly number[]} before pids that must be gone */
async function untilReady(system, name, before) {
  const limit = Date.now() + STALLED_MS
  while (Date.now() < limit) {
    const services = system.stack.services.filter((service) => service.name === name)
    const states = await Promise.all(
      services.map(async ({ pid, healthUrl }) => {
        if (before.includes(pid)) return false
        try {
          return (await fetch(healthUrl)).status === 200
        } catch {
          return false
        }
      }),
    )
    if (states.every(Boolean)) return
    await delay(200)
  }
  throw new Error(`${name} was not ready again within ${STALLED_MS / 1000} s`)
}
