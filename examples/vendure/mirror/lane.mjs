import { Fold } from './fold.mjs'

/** Nothing new for so long: what is missing will not come any more. */
const STALLED_MS = 120_000

/** @typedef {{ duplicates: number, reordered: number, sequenceHoles: number, badSignatures: number }} LaneFaults */

/**
 * What one app receives, in the order in which it comes. Keeps the rules of a receiver: every number once, none left out,
 * and what was applied is acknowledged without being applied again.
 */
export class Lane {
  /** What the events add up to. */
  fold = new Fold()
  /** Of events, by type. @type {Map<string, number>} */
  counts = new Map()
  /** @type {LaneFaults} */
  faults = { duplicates: 0, reordered: 0, sequenceHoles: 0, badSignatures: 0 }
  /** The tag that was announced last: everything that was committed before it has arrived. @type {string | null} */
  lastTag = null
  /** Of the last event that was applied. */
  #sequence = 0
  #position = ''
  #ids = new Set()
  #arrivedAt = Date.now()

  /** @param {string} name */
  constructor(name) {
    this.name = name
  }

  get sequence() {
    return this.#sequence
  }

  /** A request whose signature is not good. */
  refuse() {
    this.faults.badSignatures += 1
  }

  /** @param {any} envelope */
  accept(envelope) {
    const { id, type, order, revision } = envelope
    this.#arrivedAt = Date.now()
    if (this.#ids.has(id)) {
      this.faults.duplicates += 1
      return
    }
    this.#ids.add(id)
    if (order.sequence <= this.#sequence) this.faults.reordered += 1
    else if (order.sequence !== this.#sequence + 1 || order.previous !== this.#sequence) this.faults.sequenceHoles += 1
    this.#sequence = Math.max(this.#sequence, order.sequence)
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1)
    // About the stream, not about a row. A receiver would fetch `data.resources` again; here the comparison shows what is missing.
    if (type === 'resync.required') return
    // Positions are written so that the order of their texts is the order of the commits.
    if (revision.id <= this.#position) this.faults.reordered += 1
    this.#position = revision.id
    if (type === 'tags.created') this.lastTag = envelope.data.value
    this.fold.apply(envelope)
  }

  /** @throws when nothing has come for longer than a working system is ever silent */
  assertMoving() {
    if (Date.now() - this.#arrivedAt < STALLED_MS) return
    throw new Error(
      `Nothing has arrived at ${this.name} for ${STALLED_MS / 1000} s, after delivery ${this.#sequence}. The services' logs say why.`,
    )
  }

  /** Begins to count the silence again. */
  expectMore() {
    this.#arrivedAt = Date.now()
  }
}
