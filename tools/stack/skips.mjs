/**
 * Something that came in and led to nothing: rows, records, or what was said beside them.
 *
 * @typedef {object} Skipped
 * @property {string} by - The process, by its instance.
 * @property {string | null} from - A capture source, or a topic; null: those that the process had no room to remember.
 * @property {string | null} what - A table, or a company that is not known; null where nothing narrower is known.
 * @property {string | null} reason
 * @property {number} count - Since the process started.
 * @property {string | null} lastKey - Names the last one: its id, key or place.
 * @property {string | null} lastAt - ISO instant.
 */

/**
 * Reads what `/health/skipped` answers.
 *
 * @param {string} by
 * @param {string} body
 * @returns {Skipped[]} the last one first
 */
export function readSkips(by, body) {
  /** @type {{ skipped?: Omit<Skipped, 'by'>[], forgotten?: number }} */
  const { skipped = [], forgotten = 0 } = JSON.parse(body)
  const told = skipped.map((skip) => ({ by, ...skip }))
  if (forgotten === 0) return told
  return [...told, { by, from: null, what: null, reason: null, count: forgotten, lastKey: null, lastAt: null }]
}
