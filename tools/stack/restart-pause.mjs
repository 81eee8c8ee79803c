/** Before the first restart. Shorter hammers what cannot run, longer is an outage. */
const FIRST_MS = 1_000
/** Pauses double up to it. Longer makes a person wait who has fixed what was wrong. */
const LONGEST_MS = 15_000
/** Too short: what starts and ends again every few minutes is started again at once each time. Too long: one end a day counts as many. */
const IS_WELL_AFTER_MS = 600_000

/**
 * The growing pause before a process that ended by itself is started again. That it starts and becomes ready is repeated work and
 * proves nothing: it may end at the same place again. Only a process that ran for ten minutes is well.
 */
export class RestartPause {
  #ends = 0

  /**
   * @param {number} ranMs - How long it ran; 0 when it could not be started.
   * @returns {number} milliseconds to wait
   */
  afterEnd(ranMs) {
    if (ranMs >= IS_WELL_AFTER_MS) this.#ends = 0
    return Math.min(FIRST_MS * 2 ** this.#ends++, LONGEST_MS)
  }

  /** @returns {number} milliseconds to wait after it was ended on purpose, which says nothing of how it is */
  afterKill() {
    return FIRST_MS
  }
}
