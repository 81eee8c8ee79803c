/** How many examples are kept for each debt. */
const MAX_EXAMPLES = 3

/**
 * @typedef {object} Debt
 * @property {number} count - Row changes without an event.
 * @property {number} silent - Rows that came or went without a log record of their own, so that no event was possible.
 * @property {object[]} examples
 */

/**
 * The debts to receivers, one per company and resource: the changes that have no event, so that the receiver does not know them. A
 * `resync.required` for the resource at a later position settles the debt. A debt that is left when the run is at rest is a loss.
 */
export class Debts {
  /** @type {Map<string, Debt>} */
  #open = new Map()

  /** @param {string} company @param {string} resource @param {{ isSilent: boolean, [about: string]: unknown }} example */
  add(company, resource, example) {
    const name = `${company}\0${resource}`
    const debt = this.#open.get(name) ?? { count: 0, silent: 0, examples: [] }
    if (example.isSilent) debt.silent += 1
    else debt.count += 1
    if (debt.examples.length < MAX_EXAMPLES) debt.examples.push(example)
    this.#open.set(name, debt)
  }

  /** @param {string} company @param {string} resource */
  has(company, resource) {
    return this.#open.has(`${company}\0${resource}`)
  }

  /** Removes and returns a debt. @param {string} company @param {string} resource @returns {Debt | null} null: there was none */
  take(company, resource) {
    const name = `${company}\0${resource}`
    const debt = this.#open.get(name) ?? null
    this.#open.delete(name)
    return debt
  }
}
