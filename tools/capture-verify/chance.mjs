/** Random choices that a seed repeats: the choices, not the moments at which they meet. */
export class Chance {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** @returns {number} from 0 up to, but not, 1 */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Both ends included. @param {number} min @param {number} max */
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

  /** A sequence of its own, so that one part of a run does not shift the choices of another. */
  fork() {
    return new Chance(Math.floor(this.next() * 4294967296))
  }
}
