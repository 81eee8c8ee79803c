/** Examples that are kept of each receiver's debts. */
const MAX_EXAMPLES = 3

/**
 * What receivers do not know and were not told of: changes without an event. A debt is settled when its receiver is told to fetch the resource
 * again at a later place; what is left at the end is lost.
 */
export class Debts {
  /** @type {Map<string, { count: number, examples: object[] }>} */
  #open = new Map()

  /** @param {string} company @param {string} resource @param {object} example */
  add(company, resource, example) {
    const name = `${company}\0${resource}`
    const debt = this.#open.get(name) ?? { count: 0, examples: [] }
    debt.count += 1
    if (debt.examples.length < MAX_EXAMPLES) debt.examples.push(example)
    this.#open.set(name, debt)
  }

  /** @param {string} company @param {string} resource */
  has(company, resource) {
    return this.#open.has(`${company}\0${resource}`)
  }

  /** @param {string} company @param {string} resource */
  settle(company, resource) {
    this.#open.delete(`${company}\0${resource}`)
  }

  /** @returns {{ company: string, resource: string, count: number, examples: object[] }[]} */
  left() {
    return [...this.#open].map(([name, debt]) => {
      const [company = '', resource = ''] = name.split('\0')
      return { company, resource, ...debt }
    })
  }
}
