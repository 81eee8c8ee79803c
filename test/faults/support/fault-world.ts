import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@hooklane/testing'
import { check, unexplainedDuplicates } from '../../../tools/demo/checker.mjs'
import { startReceiver, type Receiver } from '../../../tools/demo/receiver.mjs'
import { settled } from '../../../tools/demo/settled.mjs'
import { SteadyLoad } from '../../../tools/demo/steady-load.mjs'
import { subscribe, expectationsOf, type Target } from '../../../tools/demo/targets.mjs'
import { CAPTURE, createDatabase, createPim } from '../../../tools/demo/workload.mjs'
import { openHome } from '../../../tools/stack/home.mjs'
import { startSystem, type RunningSystem } from '../../../tools/stack/index.mjs'
import { SourceServer } from './source-server.js'

/**
 * The rate of the load. The higher this rate and `ANSWER_DELAY_MS` are, the more requests are in flight on average. Too low: a fault may
 * happen while no request is in flight. Too high: the backlog of a minute no longer drains in seconds.
 */
const CHANGES_PER_SECOND = 10
/** The number of apps. The tenth app has a worker group of its own. */
const APPS = 16
/** How long the receiver takes to respond. A long delay keeps requests in flight at a lower cost than a higher rate of changes would. */
const ANSWER_DELAY_MS = 60
/**
 * The longest time from the acceptance of a delivery until its settlement is saved: dispatchers save every 1 s, and later on a busy
 * machine. Deliveries that were accepted less than this before a fault may arrive again.
 */
const UNSAVED_MS = 5_000
/** How long the system may take to recover on its own after a fault. Generous, because only a failing test uses it up. */
const RECOVERY_LIMIT_MS = 150_000

/** The result that the checker must give after a fault. */
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
  /** When the system had recovered and all deliveries had arrived. Infinity until then. */
  toMs: number
  readonly duplicatesBefore: number
}

/** A whole system, a PIM on another database server, and a steady load. The receiver and the checker share no code with the product. */
export class FaultWorld {
  private readonly faults: Fault[] = []
  /** Starts the server that is down; null while all servers are up. */
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
    const { dir, cacheDir } = openHome()
    const home = join(dir, 'faults', name)
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
        cacheDir,
        fresh: true,
        captureFile,
        dispatchers: options.dispatchers ?? 1,
        routers: options.routers ?? 1,
        // Separate servers, not the servers that other suites share. They run as processes, because a signal cannot take down a container.
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

  /** Starts the load, and resolves when changes are being delivered. */
  async startLoad(): Promise<void> {
    const before = this.receiver.arrivals.length
    this.load.resume()
    await eventually(
      () => {
        if (this.receiver.arrivals.length < before + 50) throw new Error('nothing is delivered')
      },
      { withinMs: RECOVERY_LIMIT_MS },
    )
  }

  /** Ends one of Hooklane's servers by a signal. It stays down until `bringBack`. */
  async takeDown(name: 'kafka' | 'postgres', signal: NodeJS.Signals): Promise<void> {
    this.whatIsDown = await this.system.takeDown(name, signal)
  }

  /** Starts the server that is down, and resolves when it is ready. Does nothing when no server is down. */
  async bringBack(): Promise<void> {
    const bringBack = this.whatIsDown
    this.whatIsDown = null
    await bringBack?.()
  }

  /** Records the start of a fault. Deliveries that were accepted since `UNSAVED_MS` before this moment may arrive again. */
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
   * Called when the cause of a fault is gone. Waits until deliveries flow again without help, pauses the load, and waits until all
   * committed changes have arrived. Then checks all requests that have arrived since the start of the world.
   */
  async expectRecovery(fault: Fault): Promise<ReturnType<FaultWorld['judge']>> {
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
    await settled(expectationsOf(this.targets, this.load.writers), this.receiver.arrivals, { graceMs: 0 })
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
    const { findings, ...counts } = check(expectationsOf(this.targets, this.load.writers), arrivals)
    const violations = findings.filter((finding) => !finding.includes(': duplicates: '))
    return { ...counts, violations: [...violations, ...unexplainedDuplicates(arrivals, this.faults)] }
  }

  /** The process ids of the services, by instance. */
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

  /** Sends a request to the API as operator. If the API refuses the request, returns its status and code, and does not throw. */
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

  /** The sum of a metric over all label sets that contain `labels`; 0 when there is no such metric. */
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

/** Prints directly to the terminal, not through the test runner, so that the measured times of every run are shown. */
export function say(world: string, text: string): void {
  process.stderr.write(`  [${world}] ${text}\n`)
}
