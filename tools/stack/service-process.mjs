import { setTimeout as delay } from 'node:timers/promises'
import { displayPath } from './home.mjs'
import { startOnFreePorts } from './ports.mjs'
import { RestartPause } from './restart-pause.mjs'
import { lastLines, startServerProcess } from './server-process.mjs'
import { StackError } from './stack-error.mjs'

/**
 * The same flags as in the image. The semi-space, where V8 keeps young objects, is larger than Node's default of 16 MiB, because the
 * objects of a delivery live until its receiver has answered. Too low: V8 copies more of these objects to the old generation, which costs
 * CPU. Too high: more memory (up to three times this number of MiB) and longer pauses for garbage collection.
 */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=64']
/** How long a service may take to load its code and join its Kafka groups. This takes seconds, on a busy machine a minute. */
const READY_LIMIT_MS = 180_000
const READY_POLL_MS = 100
/** When a start takes longer than this, the launcher prints what the service waits for. */
const EXPLAIN_AFTER_MS = 8_000

/** The signals that stop a service, and how long to wait after each. A service drains for at most 40 s, so the kill must come later. */
const STOP_STEPS = /** @type {const} */ ([
  { signal: 'SIGTERM', waitMs: 50_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
])

/** Signals that do not end a process. */
const HARMLESS = /** @type {ReadonlySet<NodeJS.Signals>} */ (new Set(['SIGSTOP', 'SIGCONT']))

/**
 * A service process and the processes that replace it. Its states:
 * - *starting*: until `/health/ready` answers 200.
 * - *running*.
 * - *waiting*: the process ended without `stop`. It is started again on the same ports after a pause.
 * - *ended*: after `stop`.
 */
export class ServiceProcess {
  /** @type {import('./server-process.mjs').ServerProcess | null} */
  #process = null
  /** The ports, by the name of their setting. @type {Record<string, number>} */
  #ports = {}
  #isStopping = false
  #restartPause = new RestartPause()
  #spawnedAt = 0
  /** Whether `kill` has ended the present process on purpose. */
  #isKilled = false
  /** Cuts the pause before a restart short when the service is stopped. */
  #stopped = new AbortController()
  /** @type {Promise<void>} */
  #restarting = Promise.resolve()
  #specification
  #options

  /**
   * @param {import('./services.mjs').ServiceSpecification & { log: string }} specification
   * @param {object} options
   * @param {boolean} options.restart
   * @param {(text: string) => void} options.onProgress
   * @param {import('./server-process.mjs').OnSpawn} options.onSpawn
   * @param {() => void} options.onRunning - Called when `describe` names a new process.
   * @param {() => void} options.onExit
   */
  constructor(specification, options) {
    this.#specification = specification
    this.#options = options
  }

  get name() {
    return this.#specification.name
  }

  get instance() {
    return this.#specification.instance
  }

  get isRunning() {
    return this.#process?.isRunning() ?? false
  }

  /** @returns {number | undefined} the port of its API, if it has one */
  get apiPort() {
    return this.#ports['HTTP_PORT']
  }

  /** @returns {import('./stack-file.mjs').StackService} its entry in stack.json */
  describe() {
    const { name, instance, log, groups } = this.#specification
    const healthPort = this.#ports['HEALTH_PORT']
    return {
      name,
      instance,
      ...(groups === undefined ? {} : { groups }),
      pid: this.#process?.pid ?? 0,
      healthUrl: `http://127.0.0.1:${healthPort}/health/ready`,
      metricsUrl: `http://127.0.0.1:${healthPort}/metrics`,
      log: displayPath(log),
    }
  }

  /**
   * Starts the service; resolves when it is ready.
   *
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<void>}
   */
  async start(signal) {
    const startedAt = Date.now()
    await startOnFreePorts(this.#specification.choosePorts, async (ports) => {
      this.#ports = ports
      await this.#spawn()
      try {
        await this.#untilReady(signal)
      } catch (error) {
        await this.#process?.stop(STOP_STEPS)
        throw error
      }
    })
    this.#options.onProgress(`ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
    this.#watch()
  }

  /** @param {NodeJS.Signals} signal */
  kill(signal) {
    if (!this.isRunning || !this.#process) return
    if (!HARMLESS.has(signal)) this.#isKilled = true
    process.kill(this.#process.pid, signal)
  }

  /** Lets the service drain; resolves when its process has ended. */
  async stop() {
    this.#isStopping = true
    this.#stopped.abort()
    await this.#restarting
    await this.#process?.stop(STOP_STEPS)
    this.#options.onExit()
  }

  async #spawn() {
    const { instance, entry, env, log } = this.#specification
    this.#isKilled = false
    this.#spawnedAt = performance.now()
    const ports = Object.entries(this.#ports).map(([key, port]) => [key, String(port)])
    this.#process = await startServerProcess({
      name: instance,
      command: process.execPath,
      args: [...NODE_FLAGS, entry],
      marker: entry,
      log,
      env: { ...env, ...Object.fromEntries(ports) },
      onSpawn: this.#options.onSpawn,
    })
    this.#options.onRunning()
  }

  /** Starts the service again whenever its process ends without `stop`. */
  #watch() {
    const current = this.#process
    void current?.exited.then(({ code, signal }) => {
      this.#options.onExit()
      if (this.#isStopping) return
      const end = signal ?? `exit ${code}`
      if (!this.#options.restart)
        return this.#options.onProgress(`ended (${end}); its log: ${displayPath(current.log)}`)
      const pauseMs = this.#isKilled
        ? this.#restartPause.afterKill()
        : this.#restartPause.afterEnd(performance.now() - this.#spawnedAt)
      this.#options.onProgress(`ended (${end}); restarting in ${pauseMs / 1000} s`)
      this.#restarting = this.#startAgain(pauseMs)
    })
  }

  /** @param {number} pauseMs */
  async #startAgain(pauseMs) {
    await delay(pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => {})
    if (this.#isStopping) return
    try {
      await this.#spawn()
    } catch (error) {
      this.#options.onProgress(`cannot be started (${error instanceof Error ? error.message : error}); trying again`)
      this.#restarting = this.#startAgain(this.#restartPause.afterEnd(0))
      return
    }
    this.#watch()
    void this.#untilReady(this.#stopped.signal).then(
      () => this.#options.onProgress('running again'),
      (error) => {
        if (!this.#isStopping) this.#options.onProgress(error.message)
      },
    )
  }

  /** @param {AbortSignal | undefined} signal */
  async #untilReady(signal) {
    const { instance, log } = this.#specification
    const current = this.#process
    const { healthUrl } = this.describe()
    const startedAt = Date.now()
    const limit = startedAt + READY_LIMIT_MS
    let told = ''
    for (let health = await healthOf(healthUrl); !health.isReady; health = await healthOf(healthUrl)) {
      signal?.throwIfAborted()
      // A service usually waits for something that a person has to fix: a table, a right, a setting.
      if (health.waitsFor !== told && Date.now() > startedAt + EXPLAIN_AFTER_MS) {
        told = health.waitsFor
        if (told !== '') this.#options.onProgress(`waits for ${told}`)
      }
      const evidence = `The end of ${displayPath(log)}:\n${lastLines(log)}`
      if (!current?.isRunning()) {
        throw new StackError(
          `${instance} ended before it was ready. Fix the fault that its log names and start again. ${evidence}`,
        )
      }
      if (Date.now() > limit)
        throw new StackError(`${instance} is not ready after ${READY_LIMIT_MS / 1000} s. ${evidence}`)
      await delay(READY_POLL_MS)
    }
  }
}

/**
 * @param {string} url
 * @returns {Promise<{ isReady: boolean, waitsFor: string }>} `waitsFor`: the parts that are not ready and why, as the service reports them
 */
async function healthOf(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    const { parts = {} } = /** @type {{ parts?: Record<string, { ready: boolean, detail?: string }> }} */ (
      await response.json()
    )
    const waiting = Object.entries(parts).filter(([, { ready, detail }]) => !ready && detail !== undefined)
    return { isReady: response.ok, waitsFor: waiting.map(([part, { detail }]) => `${part}: ${detail}`).join('; ') }
  } catch {
    // Not listening yet.
    return { isReady: false, waitsFor: '' }
  }
}
