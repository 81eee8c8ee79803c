/** How many examples are kept of the debts to each receiver. */
const MAX_EXAMPLES = 3

/**
 * @typedef {object} Debt
 * @property {number} count - Row changes without an event.
 * @property {number} silent - Rows that came or went without a log record of each, so that there could be no event.
 * @property {object[]} examples
 */

/**
 * Changes without an event, of which their receivers do not know yet. A debt is settled when its receiver gets `resync.required` for the
 * resource at a later position. Debts that are left when accounts are settled are losses.
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
