import { setTimeout as delay } from 'node:timers/promises'
import { explainFullDisk } from './disk-space.mjs'
import { RestartPause } from './restart-pause.mjs'

/**
 * @typedef {{ address: string, pid: number, log: string, exited: Promise<unknown>, kill: (signal: NodeJS.Signals) => void, stop: () => Promise<void> }} LocalServer
 */

/** @typedef {import('./infrastructure.mjs').InfrastructureOptions} Options */

/** @typedef {(options: Options, onProgress: (text: string) => void, port?: number) => Promise<LocalServer>} StartServer */

/**
 * Starts a server. If `restart` is on, starts the server again on the same port whenever it ends unexpectedly.
 *
 * @param {import('./infrastructure.mjs').ServerName} name
 * @param {Options} options
 * @param {StartServer} start
 * @returns {Promise<KeptServer>}
 */
export async function keepRunning(name, options, start) {
  const say = (/** @type {string} */ text) => options.onProgress(name, text)
  const startedAt = Date.now()
  say('starting')
  const server = await start(options, say)
  say(`ready on 127.0.0.1:${portOf(server.address)} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  return new KeptServer(name, server, { options, start, say })
}

/**
 * A server process and the processes that replace it. Its states:
 * - *running*.
 * - *waiting*: the process ended unexpectedly. Starts are tried until one succeeds. There is no time limit, because a disk may stay
 *   full for an hour.
 * - *taken down*: by `takeDown`, until the function that `takeDown` returned is called.
 * - *ended*: after `stop`.
 */
export class KeptServer {
  #name
  #server
  #context
  /** When the present process became ready. */
  #since = new Date()
  #stopping = new AbortController()
  #restartPause = new RestartPause()
  #isTakenDown = false
  /** @type {Promise<void>} */
  #restarting = Promise.resolve()

  /**
   * @param {import('./infrastructure.mjs').ServerName} name
   * @param {LocalServer} server
   * @param {{ options: Options, start: StartServer, say: (text: string) => void }} context
   */
  constructor(name, server, context) {
    this.#name = name
    this.#server = server
    this.#context = context
    this.#watch()
  }

  get address() {
    return this.#server.address
  }

  /** @returns {{ name: string, pid: number, since: string, log: string }} */
  current() {
    return { name: this.#name, pid: this.#server.pid, since: this.#since.toISOString(), log: this.#server.log }
  }

  /**
   * Ends the server by a signal and keeps it down.
   *
   * @param {NodeJS.Signals} signal
   * @returns {Promise<() => Promise<void>>} a function that starts the server again, on the same port and data
   */
  async takeDown(signal) {
    if (this.#isTakenDown) throw new Error(`${this.#name} is down already`)
    this.#isTakenDown = true
    this.#server.kill(signal)
    await this.#server.exited
    return () => {
      this.#isTakenDown = false
      this.#restarting = this.#startAgain()
      return this.#restarting
    }
  }

  async stop() {
    this.#stopping.abort()
    // The caller of the function that `takeDown` returned gets the error of a failed start. Here only the end of the start matters.
    await this.#restarting.catch(() => {})
    this.#context.say('stopping')
    await this.#server.stop()
    this.#context.options.registry.prune()
  }

  #watch() {
    const { options, say } = this.#context
    void this.#server.exited.then(() => {
      if (this.#stopping.signal.aborted) return
      options.registry.prune()
      if (this.#isTakenDown) say('taken down')
      else if (options.restart) this.#restarting = this.#untilStartedAgain()
      else say('ended unexpectedly')
    })
  }

  async #untilStartedAgain() {
    const { say, options } = this.#context
    const { signal } = this.#stopping
    let told = ''
    for (let ranMs = Date.now() - this.#since.getTime(); !signal.aborted; ranMs = 0) {
      const full = await explainFullDisk(options.home.dir)
      const text = full === null ? 'ended unexpectedly; restarting' : `ended unexpectedly: ${full}`
      if (text !== told) say(text)
      told = text
      await delay(this.#restartPause.afterEnd(ranMs), undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        return await this.#startAgain()
      } catch (error) {
        if (full === null && !signal.aborted) say(error instanceof Error ? error.message : String(error))
      }
    }
  }

  async #startAgain() {
    const { options, start, say } = this.#context
    this.#server = await start({ ...options, signal: this.#stopping.signal }, say, portOf(this.address))
    this.#since = new Date()
    say('running again')
    this.#watch()
    options.onRestarted()
  }
}

/** @param {string} address */
const portOf = (address) => Number(address.match(/:(\d+)(?:\/|$)/)?.[1])
