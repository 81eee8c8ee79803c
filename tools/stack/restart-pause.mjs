/**
 * The pause before the first restart. Too short: a process that cannot run is restarted in a tight loop. Too long: the outage after
 * an unexpected end lasts longer.
 */
const FIRST_MS = 1_000
/**
 * The longest pause; each unexpected end doubles the pause up to this. Too short: a process that cannot run is restarted too often.
 * Too long: a person who has fixed the cause waits for the restart.
 */
const LONGEST_MS = 15_000
/**
 * How long a process must run before its earlier ends no longer count. Too short: the pause never grows for a process that ends
 * every few minutes. Too long: rare ends, such as one a day, add up to long pauses.
 */
const IS_WELL_AFTER_MS = 600_000

/**
 * The pause before a process that ended unexpectedly is restarted. The pause grows with each such end. A process that becomes ready
 * again may end again at the same point, so only a process that ran for ten minutes resets the pause.
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
