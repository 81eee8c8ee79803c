import { Fold } from './fold.mjs'

/** Longer than a working system is ever silent: after this long without a delivery, the run fails. */
const STALLED_MS = 120_000

/** @typedef {{ duplicates: number, reordered: number, sequenceHoles: number, badSignatures: number }} LaneFaults */

/**
 * The deliveries of one app, in the order of arrival. Checks that each sequence number comes once and that none is left out. Like a good
 * receiver, it acknowledges a copy without applying it again.
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

  /** @throws when nothing has arrived for `STALLED_MS` */
  assertMoving() {
    if (Date.now() - this.#arrivedAt < STALLED_MS) return
    throw new Error(
      `Nothing has arrived at ${this.name} for ${STALLED_MS / 1000} s, after delivery ${this.#sequence}. The services' logs say why.`,
    )
  }

  /** Counts the time without a delivery from now on. */
  expectMore() {
    this.#arrivedAt = Date.now()
  }
}
