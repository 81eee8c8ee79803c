import { isResync } from './records.mjs'

/** @typedef {import('./records.mjs').JudgedEvent} JudgedEvent */

/** The events of the topic, which the judge takes transaction by transaction. Events that are left at the end belong to no transaction. */
export class Topic {
  /** @type {Map<string, JudgedEvent[]>} */
  #eventsOf = new Map()
  /** In the order of their positions. @type {JudgedEvent[]} */
  #resyncs = []
  #nextResync = 0

  /** @param {readonly JudgedEvent[]} events - In the order of their positions. */
  constructor(events) {
    for (const judged of events) {
      if (isResync(judged)) this.#resyncs.push(judged)
      else this.#sort(judged)
    }
  }

  /** @param {string} xid @returns {JudgedEvent[]} */
  takeEvents(xid) {
    const events = this.#eventsOf.get(xid) ?? []
    this.#eventsOf.delete(xid)
    return events
  }

  /** @param {bigint} endLsn - The end of the transaction that is being judged. @returns {JudgedEvent[]} */
  takeResyncs(endLsn) {
    const from = this.#nextResync
    while ((this.#resyncs[this.#nextResync]?.position.commitLsn ?? endLsn) < endLsn) this.#nextResync += 1
    return this.#resyncs.slice(from, this.#nextResync)
  }

  /** @returns {JudgedEvent[]} */
  rest() {
    return [...[...this.#eventsOf.values()].flat(), ...this.#resyncs.slice(this.#nextResync)]
  }

  /** @param {JudgedEvent} judged */
  #sort(judged) {
    const { id } = judged.event.revision.transaction
    const events = this.#eventsOf.get(id)
    if (events) events.push(judged)
    else this.#eventsOf.set(id, [judged])
  }
}
