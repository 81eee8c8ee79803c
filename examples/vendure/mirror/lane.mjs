import { Fold } from './fold.mjs'

/** After this long without a delivery, what is missing is not expected to arrive any more. */
const STALLED_MS = 120_000

/** @typedef {{ duplicates: number, reordered: number, sequenceHoles: number, badSignatures: number }} LaneFaults */

/**
 * The deliveries of one app, in the order of arrival. Follows the rules of a receiver: each sequence number comes once, none is left
 * out, and a copy is acknowledged without being applied again.
 */
export class Lane {
  fold = new Fold()
  /** Number of events by type. @type {Map<string, number>} */
  counts = new Map()
  /** @type {LaneFaults} */
  faults = { duplicates: 0, reordered: 0, sequenceHoles: 0, badSignatures: 0 }
  /** The last tag that arrived: everything that was committed before it has arrived, too. @type {string | null} */
  lastTag = null
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

  /** Counts a request with a wrong signature. */
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
    // This event is about the stream, not about a row. A receiver would fetch `data.resources` again; here the comparison shows what is
    // missing.
    if (type === 'resync.required') return
    // Positions sort as text in commit order.
    if (revision.id <= this.#position) this.faults.reordered += 1
    this.#position = revision.id
    if (type === 'tags.created') this.lastTag = envelope.data.value
    this.fold.apply(envelope)
  }

  /** @throws when nothing has arrived for longer than a working system is ever silent */
  assertMoving() {
    if (Date.now() - this.#arrivedAt < STALLED_MS) return
    throw new Error(
      `Nothing has arrived at ${this.name} for ${STALLED_MS / 1000} s, after delivery ${this.#sequence}. The services' logs say why.`,
    )
  }

  /** Restarts the measurement of silence. */
  expectMore() {
    this.#arrivedAt = Date.now()
  }
}
