/** Examples that are kept of each kind: a run that fails fails in one way mostly, and a page of it is enough. */
const MAX_EXAMPLES = 40

/**
 * @typedef {'lost' | 'invented' | 'leaked' | 'confused'} Verdict - `confused`: the judge contradicts the log or the tables; nothing it says counts.
 * @typedef {{ verdict: Verdict, text: string, at?: string, [detail: string]: unknown }} Finding
 */

/** What the judge has found, counted, with examples. */
export class Findings {
  /** @type {Record<string, number>} */
  counts = { lost: 0, invented: 0, leaked: 0, confused: 0 }
  /** @type {Finding[]} */
  examples = []

  /** @param {Verdict} verdict @param {string} text @param {Readonly<Record<string, unknown>>} [details] */
  add(verdict, text, details = {}) {
    this.count(verdict)
    const known = this.examples.filter((example) => example.verdict === verdict).length
    if (known < MAX_EXAMPLES) this.examples.push({ verdict, text, ...details })
  }

  /** @param {string} what @param {number} [times] */
  count(what, times = 1) {
    this.counts[what] = (this.counts[what] ?? 0) + times
  }
}
