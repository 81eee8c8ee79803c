/** The pause before the first restart. Too short: a process that cannot run is restarted in a tight loop. Too long: an outage. */
const FIRST_MS = 1_000
/** The pause doubles up to this. Too long: after a person has fixed the cause, they wait for the restart. */
const LONGEST_MS = 15_000
/**
 * A process that ran this long is well: its earlier ends no longer count. Too short: a process that ends every few minutes is
 * restarted at once each time. Too long: rare ends, such as one a day, add up to long pauses.
 */
const IS_WELL_AFTER_MS = 600_000

/**
 * The growing pause before a process that ended unexpectedly is restarted. That the process starts and becomes ready again
 * proves nothing: it may end again at the same point. Only a process that ran for ten minutes is well.
 */
export class RestartPause {
  #ends = 0

  /**
   * @param {number} ranMs - How long the process ran; 0 when it could not be started.
   * @returns {number} milliseconds to wait
   */
  afterEnd(ranMs) {
    if (ranMs >= IS_WELL_AFTER_MS) this.#ends = 0
    return Math.min(FIRST_MS * 2 ** this.#ends++, LONGEST_MS)
  }

  /** @returns {number} milliseconds to wait after the process was ended on purpose, which does not count as an unexpected end */
  afterKill() {
    return FIRST_MS
  }
}
