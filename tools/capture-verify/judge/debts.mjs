/** Examples that are kept of each receiver's debts. */
const MAX_EXAMPLES = 3

/**
 * @typedef {object} Debt
 * @property {number} count - Changes of rows without an event.
 * @property {number} silent - Rows that came or went without a record of each, so that there could be no event.
 * @property {object[]} examples
 */

/**
 * What receivers do not know and were not told of: changes without an event. A debt is settled when its receiver is told to fetch the resource
 * again at a later place; what is left when accounts are settled is lost.
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

  /** It is no debt any more. @param {string} company @param {string} resource @returns {Debt | null} what it was */
  take(company, resource) {
    const name = `${company}\0${resource}`
    const debt = this.#open.get(name) ?? null
    this.#open.delete(name)
    return debt
  }
}
