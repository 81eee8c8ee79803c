/**
 * Input that a process skipped for one reason: rows, context messages or truncated tables of a capture source, or records of a topic.
 *
 * @typedef {object} Skipped
 * @property {string} by - The instance name of the process.
 * @property {string | null} from - A capture source or a topic; null for the skips that the process had no room to list.
 * @property {string | null} what - A table, or an unknown company; null if neither is known.
 * @property {string | null} reason
 * @property {number} count - Since the process started.
 * @property {string | null} lastKey - The id, key or position of the last skipped item.
 * @property {string | null} lastAt - ISO instant.
 */

/**
 * Parses the body of `/health/skipped`.
 *
 * @param {string} by
 * @param {string} body
 * @returns {Skipped[]} the most recent first
 */
export function readSkips(by, body) {
  /** @type {{ skipped?: Omit<Skipped, 'by'>[], forgotten?: number }} */
  const { skipped = [], forgotten = 0 } = JSON.parse(body)
  const told = skipped.map((skip) => ({ by, ...skip }))
  if (forgotten === 0) return told
  return [...told, { by, from: null, what: null, reason: null, count: forgotten, lastKey: null, lastAt: null }]
}
