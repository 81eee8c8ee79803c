import { callApi } from '../demo/api.mjs'

/** The capture file of the benchmark's PIM. */
export const CAPTURE = `sources:
  - name: bench
    database: \${BENCH_DATABASE_URL}
    company: { column: company_id }
    tables:
      public.product: { resource: products, entity: product, id: id, key: sku, version: version, ignore: [updated_at] }
`

/** Row changes per transaction, all of one company, as an import or a mass edit makes them. */
export const ROWS_PER_TRANSACTION = 10
/** Concurrent calls to the API while apps are created. */
const CALLS_AT_ONCE = 8
/** How long a change of the configuration may take to reach router and dispatcher. */
export const CONFIGURATION_MS = 3_000

/**
 * @typedef {object} Company
 * @property {string} id
 * @property {readonly { id: string, isDead: boolean }[]} apps - Each gets every change of the company.
 */

/**
 * Plans `apps` apps in companies of `fanOut` apps each (the last company may have fewer). Apps with a dead receiver are spread evenly.
 *
 * @param {{ apps: number, fanOut: number, deadPercent: number }} options
 * @returns {Company[]}
 */
export function planCompanies({ apps, fanOut, deadPercent }) {
  const isDead = (/** @type {number} */ index) =>
    Math.floor(((index + 1) * deadPercent) / 100) > Math.floor((index * deadPercent) / 100)
  return Array.from({ length: Math.ceil(apps / fanOut) }, (_, company) => ({
    id: `cmp_${apps}_${company + 1}`,
    apps: Array.from({ length: Math.min(fanOut, apps - company * fanOut) }, (_, place) => {
      const index = company * fanOut + place
      return { id: `app_${apps}_${index + 1}`, isDead: isDead(index) }
    }),
  }))
}

/**
 * Creates the companies, their apps and one subscription for each app.
 *
 * @param {import('../stack/stack-file.mjs').Stack} stack
 * @param {readonly Company[]} companies
 * @param {string} receiverOrigin
 */
export async function subscribe(stack, companies, receiverOrigin) {
  const left = [...companies]
  const worker = async () => {
    for (let company = left.shift(); company !== undefined; company = left.shift()) {
      await callApi(stack, 'PUT', `/v1/companies/${company.id}`, { name: 'Nordlys Living' })
      for (const { id, isDead } of company.apps) {
        const app = { name: 'Shop DE', type: 'shopware', worker: { mode: 'shared' } }
        await callApi(stack, 'PUT', `/v1/apps/${id}`, app, company.id)
        const subscription = {
          appId: id,
          name: 'Products',
          target: { url: `${receiverOrigin}/${isDead ? 'dead' : 'apps'}/${id}` },
          events: ['products.*'],
          delivery: { timeout: 'PT10S', retry: { attempts: 20, interval: 'PT1M' } },
        }
        await callApi(stack, 'POST', '/v1/subscriptions', subscription, company.id)
      }
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker))
}
