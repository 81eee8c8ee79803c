import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundledProgram } from '../build/entries.mjs'
import { build, install } from './build.mjs'
import { databaseUrlOn, ensureDatabase, migrateDatabase } from './database.mjs'
import { removeData } from './data.mjs'
import { makeHome, openHome } from './home.mjs'
import { claimHome, requireUnclaimed } from './home-claim.mjs'
import { startServers } from './infrastructure.mjs'
import { rememberedPort, requirePort } from './ports.mjs'
import { preflight } from './preflight.mjs'
import { ProcessRegistry } from './process-registry.mjs'
import { ServiceProcess } from './service-process.mjs'
import { planServices, sharedEnvironment } from './services.mjs'
import { StackError } from './stack-error.mjs'
import { removeStack, writeStack } from './stack-file.mjs'
import { runTool } from './tool.mjs'

/** @typedef {(step: string, text: string) => void} OnProgress */

/**
 * @typedef {object} InfrastructureRequest
 * @property {string} [home] - Folder for all files of the system. Default: HOOKLANE_HOME, else `.hooklane`.
 * @property {string} [cacheDir] - Folder for downloads. Default: HOOKLANE_CACHE, else `cache` in the home.
 * @property {NodeJS.ProcessEnv} [env] - Added to the environment of this process; the same name replaces the value there.
 * @property {boolean} [restart] - Restart processes that end unexpectedly. Default: true.
 * @property {boolean} [fresh] - Begin with an empty Postgres and Kafka. Default: continue with the data of the last start.
 * @property {OnProgress} [onProgress]
 * @property {AbortSignal} [signal] - Aborts the start. Started processes are ended before the call rejects.
 */

/**
 * @typedef {InfrastructureRequest & {
 *   captureFile?: string | null,
 *   dispatchers?: number,
 *   routers?: number,
 *   beforeServices?: (servers: Servers) => Promise<{ captureFile?: string, env?: NodeJS.ProcessEnv } | void>,
 * }} SystemRequest
 * `beforeServices` runs when Postgres and Kafka are ready, before any service is started. It may create a database to capture, and
 * return the capture file and the environment for the services.
 */

/** @typedef {Pick<import('./infrastructure.mjs').Infrastructure, 'serverUrl' | 'kafkaBrokers'>} Servers */

/**
 * One local system, from its first step to the end of its last process. Order matters: `prepare`, `startServers`,
 * `startServices`. `stop` may be called at any time; it ends the processes that run by then, in reverse order.
 */
export class System {
  #home
  #env
  #request
  #registry
  /** @type {import('./lock.mjs').Lock | null} */
  #lock = null
  /** How the local servers run. Set by `prepare`. @type {import('./server-source.mjs').LocalServers | null} */
  #servers = null
  /** @type {import('./infrastructure.mjs').Infrastructure | null} */
  #infrastructure = null
  /** @type {ServiceProcess[][]} */
  #stages = []
  /** The content of stack.json besides the processes; null while stack.json does not exist. */
  #facts =
    /** @type {Pick<import('./stack-file.mjs').Stack, 'apiUrl' | 'operatorKey' | 'databaseUrl' | 'readyAt'> | null} */ (
      null
    )
  /** Serialises the writes of stack.json. */
  #writing = Promise.resolve()
  /** @type {Promise<void> | null} */
  #stopping = null

  /** @param {SystemRequest} request */
  constructor(request) {
    this.#request = request
    this.#home = openHome(request.home, request.cacheDir)
    this.#env = { ...process.env, ...request.env }
    this.#registry = new ProcessRegistry(this.#home.processesFile, (text) => this.#say('processes.json', text))
  }

  /**
   * Checks the machine, claims the home, ends leftover processes, installs and builds.
   *
   * @param {{ withServices: boolean }} options - Whether services will be started, and not only servers.
   */
  async prepare({ withServices }) {
    requireCaptureFile(this.#request.captureFile ?? null)
    await makeHome(this.#home)
    await requireUnclaimed(this.#home)
    if (withServices && this.#env['HTTP_PORT']) await requirePort('HTTP_PORT', this.#env['HTTP_PORT'])
    const { fresh = false } = this.#request
    this.#servers = await preflight({
      home: this.#home,
      env: this.#env,
      fresh,
      onProgress: (step, text) => this.#say(step, text),
    })
    this.#lock = await claimHome(this.#home)
    await removeStack(this.#home)
    await this.#registry.endLeftovers((text) => this.#say('clean up', text))
    if (fresh) await removeData(this.#home)
    await this.#step('install', (options) => install(options))
    await this.#step('build', (options) => build(options))
  }

  /** @returns {Promise<import('./infrastructure.mjs').Infrastructure>} */
  async startServers() {
    this.#infrastructure = await startServers({
      home: this.#home,
      registry: this.#registry,
      env: this.#env,
      servers: this.#servers,
      restart: this.#request.restart ?? true,
      onRestarted: () => void this.#writeStack(),
      onProgress: (step, text) => this.#say(step, text),
      signal: this.#request.signal,
    })
    this.#request.signal?.throwIfAborted()
    return this.#infrastructure
  }

  /**
   * Migrates the database, creates the topics, starts the services stage by stage, and finally writes stack.json.
   *
   * @param {import('./infrastructure.mjs').Infrastructure} infrastructure
   */
  async startServices({ serverUrl, kafkaBrokers }) {
    const { signal, beforeServices, dispatchers = 1, routers = 1 } = this.#request
    const databaseUrl = databaseUrlOn(serverUrl)
    const { secretsDir } = this.#home
    const { env, operatorKey } = await sharedEnvironment({ env: this.#env, databaseUrl, kafkaBrokers, secretsDir })
    await this.#step('database', async ({ onProgress }) => {
      onProgress('migrating')
      await ensureDatabase(databaseUrl)
      await migrateDatabase({ databaseUrl, env, signal })
    })
    await this.#step('topics', async ({ onProgress }) => {
      onProgress('creating or checking')
      const args = [bundledProgram('topics')]
      await runTool({ what: 'Setting up the topics', command: process.execPath, args, env, signal })
    })
    const prepared = (await beforeServices?.({ serverUrl, kafkaBrokers })) ?? {}
    signal?.throwIfAborted()
    const captureFile = prepared.captureFile ?? this.#request.captureFile ?? null
    const fixedPort = env['HTTP_PORT'] ? await requirePort('HTTP_PORT', env['HTTP_PORT']) : null
    const plan = planServices({
      env: { ...env, ...prepared.env },
      chooseApiPort: async () => fixedPort ?? (await rememberedPort(join(this.#home.dir, 'api.port'))),
      dispatchers,
      routers,
      captureFile: captureFile === null ? null : resolve(captureFile),
    })
    for (const stage of plan) await this.#startStage(stage)
    const apiPort = this.#stages.flat().find((service) => service.apiPort !== undefined)?.apiPort
    this.#facts = { apiUrl: `http://127.0.0.1:${apiPort}`, operatorKey, databaseUrl, readyAt: new Date().toISOString() }
    await this.#writeStack()
  }

  /** @returns {import('./stack-file.mjs').Stack} */
  get stack() {
    if (this.#facts === null || this.#infrastructure === null) throw new Error('The system is not ready')
    const { kafkaBrokers, processes } = this.#infrastructure
    const services = this.#stages.flat().map((service) => service.describe())
    const serversFrom = this.#servers ?? 'environment'
    return { ...this.#facts, kafkaBrokers, services, serversFrom, servers: processes }
  }

  /** @returns {string[]} the names of the running processes, in the order of their start */
  get running() {
    return this.#registry.running()
  }

  /**
   * @param {string} name - The name of a service, or of one of its instances.
   * @param {NodeJS.Signals} signal
   */
  kill(name, signal) {
    const hit = this.#stages.flat().filter((service) => service.name === name || service.instance === name)
    if (hit.length === 0) throw new Error(`There is no service ${name}`)
    for (const service of hit) service.kill(signal)
  }

  /**
   * @param {import('./infrastructure.mjs').ServerName} name
   * @param {NodeJS.Signals} signal
   * @returns {Promise<() => Promise<void>>} a function that starts the server again
   */
  takeDown(name, signal) {
    if (this.#infrastructure === null) throw new Error('The system is not ready')
    return this.#infrastructure.takeDown(name, signal)
  }

  /** Ends everything in reverse order. Every call returns the same promise. */
  stop() {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll() {
    if (this.#lock === null) return
    this.#facts = null
    await this.#writing
    await removeStack(this.#home)
    for (const stage of this.#stages.toReversed()) {
      const running = stage.filter((service) => service.isRunning).map(({ instance }) => instance)
      if (running.length > 0) this.#say('stop', running.join(', '))
      await Promise.all(stage.map((service) => service.stop()))
    }
    await this.#infrastructure?.stop()
    this.#registry.prune()
    await this.#lock.release()
  }

  /** @param {readonly import('./services.mjs').ServiceSpecification[]} specifications */
  async #startStage(specifications) {
    const stage = specifications.map((specification) => this.#service(specification))
    this.#stages.push(stage)
    this.#say('services', `starting ${stage.map(({ instance }) => instance).join(', ')}`)
    const outcomes = await Promise.allSettled(stage.map((service) => service.start(this.#request.signal)))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }

  /** @param {import('./services.mjs').ServiceSpecification} specification */
  #service(specification) {
    const log = join(this.#home.logsDir, `${specification.instance}.log`)
    return new ServiceProcess(
      { ...specification, log },
      {
        restart: this.#request.restart ?? true,
        onProgress: (text) => this.#say(specification.instance, text),
        onSpawn: (started) => this.#registry.add(started),
        onRunning: () => void this.#writeStack(),
        onExit: () => this.#registry.prune(),
      },
    )
  }

  /** Updates stack.json, which exists only while the system is ready. */
  #writeStack() {
    this.#writing = this.#writing.then(async () => {
      if (this.#facts === null) return
      const { stack } = this
      try {
        await writeStack(this.#home, stack)
      } catch (error) {
        // A full disk must not end the launcher, because the launcher keeps everything running. The next change writes again.
        const reason = error instanceof Error ? error.message : String(error)
        this.#say('stack.json', `could not be updated (${reason})`)
      }
    })
    return this.#writing
  }

  /**
   * @param {string} name
   * @param {(options: import('./build.mjs').StepOptions) => Promise<void>} work
   */
  async #step(name, work) {
    const { signal } = this.#request
    const startedAt = Date.now()
    let hasSpoken = false
    const onProgress = (/** @type {string} */ text) => {
      hasSpoken = true
      this.#say(name, text)
    }
    await work({ onProgress, signal })
    signal?.throwIfAborted()
    if (hasSpoken) this.#say(name, `done (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  }

  /**
   * @param {string} step
   * @param {string} text
   */
  #say(step, text) {
    this.#request.onProgress?.(step, text)
  }
}

/** @param {string | null} file */
function requireCaptureFile(file) {
  if (file === null || statSync(file, { throwIfNoEntry: false })?.isFile()) return
  throw new StackError(`There is no capture file ${resolve(file)}. Correct the path after --capture.`)
}
