import { isDeepStrictEqual } from 'node:util'
import { show } from './contents.mjs'
import { entitiesOf } from './effects.mjs'

/**
 * @typedef {import('./effects.mjs').Meaning} Meaning
 *
 * @typedef {object} Accounts
 * @property {readonly Meaning[]} meanings - Of the capture file that is in force.
 * @property {readonly string[]} companies
 * @property {import('./model.mjs').Model} model
 * @property {import('./receivers.mjs').Receivers} receivers
 * @property {import('./debts.mjs').Debts} debts
 * @property {import('./findings.mjs').Findings} findings
 * @property {(table: string, column: string) => boolean} isVolatile - What receivers know of it may be of before.
 * @property {string} at
 */

/**
 * Nothing is under way: everything that was committed is published, and the event-producer had time to announce what it could not publish. So
 * every receiver must know the tables now. What it lacks is counted once: it goes on as if it had fetched everything.
 *
 * @param {Accounts} accounts
 */
export function settleAccounts(accounts) {
  const { meanings, companies, model, receivers, debts } = accounts
  for (const meaning of meanings) {
    for (const company of companies) {
      const entities = entitiesOf(model.rootOf(meaning.table), meaning, company)
      const debt = debts.take(company, meaning.resource)
      if (debt) collect(accounts, `${meaning.resource} of ${company}`, debt)
      else compare(accounts, meaning, { company, entities })
      receivers.fetch(company, meaning.resource, entities)
    }
  }
}

/** @param {Accounts} accounts @param {string} of @param {import('./debts.mjs').Debt} debt */
function collect({ findings, at }, of, { count, examples }) {
  findings.add('lost', `${count} changes of ${of} are neither published nor announced`, { at, examples })
  findings.count('lost', count - 1)
}

/** @param {Accounts} accounts @param {Meaning} meaning @param {{ company: string, entities: [string, Record<string, unknown>][] }} of */
function compare({ receivers, findings, isVolatile, at }, { resource, table }, { company, entities }) {
  const known = receivers.of(company, resource)
  const left = new Set(known.keys())
  for (const [id, data] of entities) {
    left.delete(id)
    const what = `${resource} ${id} of ${company}`
    const found = known.get(id)
    if (found === undefined) findings.add('lost', `${what} is in the table, and its receiver does not know it`, { at })
    else {
      const column = Object.keys(data).find(
        (name) => !isVolatile(table, name) && !isDeepStrictEqual(found[name], data[name]),
      )
      if (column === undefined) continue
      findings.add('lost', `${what} has ${column} ${show(data[column])}, its receiver knows ${show(found[column])}`, {
        at,
      })
    }
  }
  for (const id of left)
    findings.add('invented', `${resource} ${id} of ${company} is not in the table, and its receiver knows it`, { at })
}
