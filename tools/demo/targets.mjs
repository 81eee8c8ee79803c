import { setTimeout as delay } from 'node:timers/promises'
import { callApi } from './api.mjs'

export const COMPANIES = ['cmp_demo_1', 'cmp_demo_2', 'cmp_demo_3', 'cmp_demo_4']
const APP_TYPES = ['shopware', 'google-shopping', 'erp', 'marketplace']
/**
 * The event types that apps subscribe to. In each company, the first app gets the first entry, the second app the second, and so on; the
 * fifth app gets the first entry again. `*` means every type.
 */
const SELECTIONS = [['products.*'], ['products.*', 'brands.updated'], ['categories.*', 'brands.*'], ['*']]

/** @typedef {{ app: string, company: string, events: readonly string[], subscription: string }} Target */

/**
 * Creates the companies, apps of several types (every tenth one with a dedicated worker), and one subscription for each app.
 * @param {{ apiUrl: string, operatorKey: string }} stack @param {number} count @param {import('./receiver.mjs').Receiver} receiver
 * @returns {Promise<Target[]>}
 */
export async function subscribe(stack, count, receiver) {
  for (const company of COMPANIES)
    await callApi(stack, 'PUT', `/v1/companies/${company}`, { name: `Company ${company}` })
  const targets = []
  for (let index = 0; index < count; index += 1) {
    const app = `app_demo_${index + 1}`
    const company = /** @type {string} */ (COMPANIES[index % COMPANIES.length])
    const events = /** @type {string[]} */ (SELECTIONS[Math.floor(index / COMPANIES.length) % SELECTIONS.length])
    const mode = index % 10 === 9 ? 'dedicated' : 'shared'
    const type = APP_TYPES[index % APP_TYPES.length]
    await callApi(stack, 'PUT', `/v1/apps/${app}`, { name: `App ${index + 1}`, type, worker: { mode } }, company)
    const subscription = await callApi(
      stack,
      'POST',
      '/v1/subscriptions',
      {
        appId: app,
        name: `Demo ${index + 1}`,
        target: { url: receiver.urlOf(app) },
        events,
        delivery: { timeout: 'PT10S', retry: { attempts: 20, interval: 'PT1S' } },
      },
      company,
    )
    receiver.expect(app, subscription.secret)
    targets.push({ app, company, events, subscription: String(subscription.id) })
  }
  // New subscriptions take effect within two seconds. Row changes that are committed earlier are not delivered.
  await delay(3_000)
  return targets
}

/**
 * Selects, for each app, the committed events that the app must get.
 *
 * @param {readonly Target[]} targets
 * @param {readonly { company: string, expected: readonly import('./checker.mjs').Expected[] }[]} writers
 * @returns {import('./checker.mjs').AppExpectation[]}
 */
export function expectationsOf(targets, writers) {
  return targets.map(({ app, company, events }) => ({
    app,
    company,
    expected: (writers.find((writer) => writer.company === company)?.expected ?? []).filter(({ type }) =>
      events.some((pattern) => pattern === '*' || pattern === type || type.startsWith(pattern.replace(/\*$/, ''))),
    ),
  }))
}
