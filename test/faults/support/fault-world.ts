import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { eventually } from '@hooklane/testing'
import { check, unexplainedDuplicates } from '../../../tools/demo/checker.mjs'
import { startReceiver, type Receiver } from '../../../tools/demo/receiver.mjs'
import { settled } from '../../../tools/demo/settled.mjs'
import { SteadyLoad } from '../../../tools/demo/steady-load.mjs'
import { subscribe, truthsOf, type Target } from '../../../tools/demo/targets.mjs'
import { CAPTURE, createDatabase, createPim } from '../../../tools/demo/workload.mjs'
import { startSystem, type RunningSystem } from '../../../tools/stack/index.mjs'
import { SourceServer } from './source-server.js'

/** Enough that every fault meets deliveries in flight, little enough that a minute's backlog drains in seconds. */
const CHANGES_PER_SECOND = 30
/** The tenth has a worker group of its own. */
const APPS = 16
/** A receiver that takes its time: requests are open when something breaks. */
const ANSWER_DELAY_MS = 15
/** What was accepted so shortly before a fault may not be saved yet: the interval of saves is 1 s, and a busy machine is late. */
const UNSAVED_MS = 5_000
/** A fault that is over must be overcome by itself; generous, because it is only used up by a test that fails. */
const RECOVERY_LIMIT_MS = 150_000

/** What the checker finds after a fault, and nothing else may be found. */
export const NOTHING_BROKEN = {
  lost: 0,
  reordered: 0,
  overlapping: 0,
  badSignatures: 0,
  holes: 0,
  phantoms: 0,
  foreign: 0,
  stale: 0,
  violations: [],
}

export interface Fault {
  readonly name: string
  readonly fromMs: number
  /** Set when the cause is gone. */
  toMs: number
  readonly duplicatesBefore: number
}

/** A whole system of its own, a PIM on another database server, and a steady load, judged by parts that share no code with the product. */
export class FaultWorld {
  private readonly faults: Fault[] = []
  /** Brings back a server that is down; null while all are up. */
  private whatIsDown: (() => Promise<void>) | null = null

  private constructor(
    readonly name: string,
    readonly system: RunningSystem,
    readonly source: SourceServer,
    readonly load: SteadyLoad,
    readonly receiver: Receiver,
    readonly targets: readonly Target[],
  ) {}

  static async start(
    name: string,
    options: { readonly seed: number; readonly dispatchers?: number; readonly routers?: number },
  ): Promise<FaultWorld> {
    const base = resolve(process.env.HOOKLANE_HOME ?? '.hooklane')
    const home = join(base, 'faults', name)
    const source = await SourceServer.start(join(home, 'pim'))
    const receiver = await startReceiver({ answerDelayMs: ANSWER_DELAY_MS })
    try {
      const databaseUrl = await createDatabase(source.url, 'pim')
      await createPim(databaseUrl)
      await mkdir(home, { recursive: true })
      const captureFile = join(home, 'capture.yaml')
      await writeFile(captureFile, CAPTURE)
      const system = await startSystem({
        home,
        cacheDir: process.env.HOOKLANE_CACHE ?? join(base, 'cache'),
        fresh: true,
        captureFile,
        dispatchers: options.dispatchers ?? 1,
        routers: options.routers ?? 1,
        // Servers of its own, whatever the other suites share, and processes, because containers cannot be taken down by a signal.
        env: { DATABASE_URL: '', KAFKA_BROKERS: '', HOOKLANE_SERVERS: 'embedded', DEMO_DATABASE_URL: databaseUrl },
        onProgress: (step, text) => say(name, `${step}: ${text}`),
      })
      const targets = await subscribe(system.stack, APPS, receiver)
      const load = new SteadyLoad({ databaseUrl, seed: options.seed, changesPerSecond: CHANGES_PER_SECOND })
      await load.start()
      return new FaultWorld(name, system, source, load, receiver, targets)
    } catch (error) {
      await receiver.close()
      await source.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.load.stop()
    await this.system.stop()
    await this.source.stop()
    await this.receiver.close()
  }

  /** The load runs and is delivered. */
  async underLoad(): Promise<void> {
    const before = this.receiver.arrivals.length
    this.load.resume()
    await eventually(
      () => {
        if (this.receiver.arrivals.length < before + 50) throw new Error('nothing is delivered')
      },
      { withinMs: RECOVERY_LIMIT_MS },
    )
  }

  /** Ends a server of Hooklane's by a signal; it stays away until `bringBack`. */
  async takeDown(name: 'kafka' | 'postgres', signal: NodeJS.Signals): Promise<void> {
    this.whatIsDown = await this.system.takeDown(name, signal)
  }

  /** Resolves when the server that was down serves again. Does nothing when none is. */
  async bringBack(): Promise<void> {
    const bringBack = this.whatIsDown
    this.whatIsDown = null
    await bringBack?.()
  }

  /** From now on what is accepted may have to be accepted again. */
  begin(name: string): Fault {
    const fault: Fault = {
      name,
      fromMs: performance.now() - UNSAVED_MS,
      toMs: Number.POSITIVE_INFINITY,
      duplicatesBefore: this.judge().duplicates,
    }
    this.faults.push(fault)
    say(this.name, `${name}: begins`)
    return fault
  }

  /**
   * The cause is gone. Deliveries must flow again by themselves; then the load pauses, everything that was committed must arrive, and
   * everything that has arrived since the world began is judged.
   */
  async overcome(fault: Fault): Promise<ReturnType<FaultWorld['judge']>> {
    const goneMs = performance.now()
    await eventually(
      () => {
        if (!this.receiver.arrivals.some((one) => one.startedMs > goneMs && one.status === 200))
          throw new Error(`nothing was delivered after ${fault.name}`)
      },
      { withinMs: RECOVERY_LIMIT_MS },
    )
    const flowingMs = performance.now()
    await this.load.pause()
    await settled(truthsOf(this.targets, this.load.writers), this.receiver.arrivals, { graceMs: 0 })
    const drainedMs = performance.now()
    fault.toMs = drainedMs
    const result = this.judge()
    say(
      this.name,
      `${fault.name}: flowing after ${seconds(flowingMs - goneMs)}, all delivered after ${seconds(drainedMs - goneMs)}, ` +
        `${result.duplicates - fault.duplicatesBefore} duplicates, ${result.delivered} of ${result.deliveries} delivered so far`,
    )
    return result
  }

  judge() {
    const { arrivals } = this.receiver
    const { findings, ...counts } = check(truthsOf(this.targets, this.load.writers), arrivals)
    const violations = findings.filter((finding) => !finding.includes(': duplicates: '))
    return { ...counts, violations: [...violations, ...unexplainedDuplicates(arrivals, this.faults)] }
  }

  /** Process ids of the services by instance. */
  pids(): Record<string, number> {
    return Object.fromEntries(this.system.stack.services.map(({ instance, pid }) => [instance, pid]))
  }

  /** The parts of a service that are not ready, and why; empty when it is ready. */
  async notReady(instance: string): Promise<string> {
    const service = this.system.stack.services.find((one) => one.instance === instance)
    if (!service) throw new Error(`there is no ${instance}`)
    const response = await fetch(service.healthUrl)
    if (response.ok) return ''
    const { parts } = (await response.json()) as { parts: Record<string, { ready: boolean; detail?: string }> }
    return Object.entries(parts)
      .filter(([, { ready }]) => !ready)
      .map(([part, { detail }]) => `${part}: ${detail ?? ''}`)
      .join('; ')
  }

  async everyServiceIsReady(): Promise<void> {
    await eventually(
      async () => {
        for (const { instance } of this.system.stack.services) {
          const missing = await this.notReady(instance)
          if (missing !== '') throw new Error(`${instance} is not ready (${missing})`)
        }
      },
      { withinMs: RECOVERY_LIMIT_MS, everyMs: 200 },
    )
  }

  /** A request to the API as operator, for its status: nothing is thrown for one that is refused. */
  async ask(
    method: string,
    path: string,
    { company, body }: { company?: string; body?: unknown } = {},
  ): Promise<{ status: number; code: string | null; retryAfter: number | null }> {
    const { apiUrl, operatorKey } = this.system.stack
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(company === undefined ? {} : { 'hooklane-company': company }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const retryAfter = response.headers.get('retry-after')
    return {
      status: response.status,
      code: response.ok ? null : (JSON.parse(text) as { code: string }).code,
      retryAfter: retryAfter === null ? null : Number(retryAfter),
    }
  }

  /** The sum of a metric over its labels; 0 when there is none. */
  async metric(instance: string, name: string, labels = ''): Promise<number> {
    const service = this.system.stack.services.find((one) => one.instance === instance)
    if (!service) throw new Error(`there is no ${instance}`)
    const text = await (await fetch(service.metricsUrl)).text()
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Straight to the terminal: what a run measured is worth as much as that it passed. */
export function say(world: string, text: string): void {
  process.stderr.write(`  [${world}] ${text}\n`)
}
