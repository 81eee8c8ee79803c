import { isDeepStrictEqual } from 'node:util'
import { show } from './contents.mjs'
import { entitiesOf } from './effects.mjs'

/**
 * @typedef {import('./effects.mjs').Meaning} Meaning
 *
 * @typedef {object} Accounts
 * @property {readonly Meaning[]} meanings - The entries of the capture file that applies.
 * @property {readonly string[]} companies
 * @property {import('./model.mjs').Model} model
 * @property {import('./receivers.mjs').Receivers} receivers
 * @property {import('./debts.mjs').Debts} debts
 * @property {import('./findings.mjs').Findings} findings
 * @property {(table: string, column: string) => boolean} isVolatile - Whether receivers may know outdated values of a column.
 * @property {string} at
 */

/**
 * Checks that every receiver knows the current content of the tables. Called when the run is at rest: all committed changes are published,
 * and the event-producer has had time to announce what it cannot publish. Afterwards, receivers continue as if they had fetched everything,
 * so that each difference is counted once.
 *
 * @param {Accounts} accounts
 */
export function settleAccounts(accounts) {
  const { meanings, companies, model, receivers, debts, findings, at } = accounts
  for (const meaning of meanings) {
    for (const company of companies) {
      const { resource } = meaning
      const entities = entitiesOf(model.rootOf(meaning.table), meaning, company)
      const debt = debts.take(company, resource)
      const differences = differencesOf(accounts, meaning, { known: receivers.of(company, resource), entities })
      if (debt && debt.count > 0) {
        const text = `${debt.count} changes of ${resource} of ${company} were neither published nor announced`
        findings.add('lost', text, { at, examples: debt.examples })
        findings.count('lost', debt.count - 1)
      } else {
        // A debt of silent changes only is no loss by itself: rows that came and went again since the last check leave no difference.
        for (const { text, isExtra } of differences)
          findings.add(isExtra && !debt ? 'invented' : 'lost', `${resource} ${text} (${company})`, {
            at,
            examples: debt?.examples,
          })
      }
      receivers.fetch(company, resource, entities)
    }
  }
}

/**
 * @param {Accounts} accounts
 * @param {Meaning} meaning
 * @param {{ known: Map<string, any>, entities: [string, Record<string, unknown>][] }} of
 * @returns {{ text: string, isExtra: boolean }[]}
 */
function differencesOf({ isVolatile }, { table }, { known, entities }) {
  const differences = []
  const left = new Set(known.keys())
  for (const [id, data] of entities) {
    left.delete(id)
    const found = known.get(id)
    if (found === undefined) {
      differences.push({ text: `${id} is in the table, but its receiver does not know it`, isExtra: false })
      continue
    }
    const column = Object.keys(data).find(
      (name) => !isVolatile(table, name) && !isDeepStrictEqual(found[name], data[name]),
    )
    if (column === undefined) continue
    const text = `${id} has ${column} ${show(data[column])}, but its receiver knows ${show(found[column])}`
    differences.push({ text, isExtra: false })
  }
  for (const id of left)
    differences.push({ text: `${id} is not in the table, but its receiver knows it`, isExtra: true })
  return differences
}
