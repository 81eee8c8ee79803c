/** A generator of random choices. The same seed gives the same choices, but not the same timing. */
export class Chance {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** @returns {number} from 0 (inclusive) to 1 (exclusive) */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number; both bounds are inclusive. @param {number} min @param {number} max */
  between(min, max) {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  /** @param {number} share from 0 to 1 */
  isBelow(share) {
    return this.next() < share
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[Math.floor(this.next() * list.length)])
  }

  /** Makes a separate generator, so that the choices of one part of a run do not depend on the number of choices of another part. */
  fork() {
    return new Chance(Math.floor(this.next() * 4294967296))
  }
}
