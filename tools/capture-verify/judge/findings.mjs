/** How many examples of each verdict are kept. A page of examples is enough, because a run mostly fails in one way. */
const MAX_EXAMPLES = 40

/**
 * @typedef {'lost' | 'invented' | 'leaked' | 'confused'} Verdict - `confused`: the judge contradicts the log or the tables, so none of its
 *   findings counts.
 * @typedef {{ verdict: Verdict, text: string, at?: string, [detail: string]: unknown }} Finding
 */

/** The findings of the judge: their counts, and examples. */
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
