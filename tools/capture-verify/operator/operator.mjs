import { setTimeout as delay } from 'node:timers/promises'
import { follow } from './remedies.mjs'

/**
 * How many remedies are tried in a row for a source that the event-producer refuses to read. After more than this, the operator gives up.
 */
const MAX_REMEDIES = 10
/** How long the source may take to become ready. Longer than any take-over or retry of the event-producer. */
const LIMIT_MS = 180_000
/**
 * How long the operator waits before it treats the same refusal again. It must be longer than ten seconds: within that time, the
 * event-producer retries after a remedy without a restart.
 */
const SAME_AGAIN_MS = 20_000
const LOOK_EVERY_MS = 150
/** The pause before a source that is ready is checked a second time: the event-producer may refuse it a moment later. */
const STEADY_MS = 400

/** Thrown when the event-producer does not become ready in spite of all remedies, or does not publish all committed changes. */
export class Stuck extends Error {}

/** Reads the health of the event-producer, and follows the instructions there until the source is ready. */
export class Operator {
  /** How often a remedy was followed, by the code of the refusal. @type {Record<string, number>} */
  remedies = {}
  #site

  /** @param {import('../nemesis/site.mjs').Site} site */
  constructor(site) {
    this.#site = site
  }

  /** How many remedies were followed so far. */
  get followed() {
    return Object.values(this.remedies).reduce((sum, count) => sum + count, 0)
  }

  /** @throws {Stuck} */
  async untilReady() {
    const limit = Date.now() + LIMIT_MS
    let remedies = 0
    let last = { refusal: '', at: 0 }
    for (;;) {
      const refusal = await this.#refusal()
      if (refusal === '') {
        await delay(STEADY_MS)
        if ((await this.#refusal()) !== '') continue
        this.#site.readyAt = Date.now()
        return
      }
      if (Date.now() > limit)
        throw new Stuck(`not ready after ${LIMIT_MS / 1000} s and ${remedies} remedies: ${refusal}`)
      const isNew = refusal !== last.refusal || Date.now() - last.at > SAME_AGAIN_MS
      if (isNew && (await this.#cure(refusal))) {
        remedies += 1
        last = { refusal, at: Date.now() }
        if (remedies > MAX_REMEDIES) throw new Stuck(`refused after ${remedies} remedies: ${refusal}`)
      }
      await delay(LOOK_EVERY_MS)
    }
  }

  /** Why the source is not being read, in the event-producer's words; empty when it is being read. */
  async #refusal() {
    const { supervisor } = this.#site.world
    if (!supervisor.isRunning) return 'ENDED: the event-producer has ended unexpectedly'
    const parts = await supervisor.process?.health()
    if (!parts) return 'SILENT: it does not answer'
    const file = parts['capture file']
    if (file && !file.ready) return `FILE: ${file.detail}`
    const source = parts['source pim']
    return source?.ready === true ? '' : (source?.detail ?? 'the source is not named')
  }

  /** @param {string} refusal @returns {Promise<boolean>} whether a remedy was followed */
  async #cure(refusal) {
    const site = this.#site
    const { supervisor } = site.world
    const code = /^[A-Z_]+(?=: )/.exec(refusal)?.[0]
    if (code === undefined || code === 'SILENT') return false
    const done = code === 'ENDED' ? { text: 'started it again', needsRestart: true } : await follow(refusal, site)
    if (done === null) return false
    this.remedies[code] = (this.remedies[code] ?? 0) + 1
    site.record('operator', `${refusal} → ${done.text}`)
    if (!done.needsRestart) return true
    await supervisor.stop('SIGTERM')
    await supervisor.start()
    return true
  }
}
