import { join } from 'node:path'
import { callApi } from '../../tools/demo/api.mjs'
import { startSystem } from '../../tools/stack/index.mjs'
import { setUpShop } from './catalogue/set-up-shop.mjs'
import { Lane } from './mirror/lane.mjs'
import { startReceiver } from './mirror/receiver.mjs'
import { AdminApi } from './shop/admin-api.mjs'
import { createShopDatabase, prepareForCapture } from './shop/shop-database.mjs'
import { startShop } from './shop/shop-process.mjs'

const COMPANY = 'cmp_vendure'

/**
 * Time zone of the shop's clocks. It is not a whole number of hours away from UTC, so that a time read in a wrong zone is noticed. It has
 * no daylight saving time.
 */
const TIMEZONE = 'Asia/Kolkata'

/** Both apps also subscribe to the tags, which mark the beginning and the end of the changes. */
const APPS = [
  {
    id: 'mirror',
    name: 'Mirror of the catalogue',
    resources: [
      'products',
      'productTranslations',
      'productVariants',
      'productVariantTranslations',
      'productVariantPrices',
      'stockLevels',
    ],
  },
  { id: 'offers', name: 'Price and stock feed', resources: ['productVariants', 'productVariantPrices', 'stockLevels'] },
]

/**
 * @typedef {object} ExampleOptions
 * @property {string} home - Home of the example's Hooklane; data of earlier runs is deleted.
 * @property {string} cacheDir
 * @property {AbortSignal} signal - Aborts the start and every call of Vendure's API.
 * @property {(step: string, text: string) => void} say
 */

/**
 * @typedef {object} OpenShop
 * @property {import('./shop/shop-process.mjs').Shop} server
 * @property {AdminApi} api
 * @property {import('./catalogue/set-up-shop.mjs').ShopFacts} facts
 */

/** @typedef {{ resources: readonly string[], lane: Lane }} Subscriber */

/**
 * The running parts of a started example.
 *
 * @typedef {object} World
 * @property {OpenShop} shop
 * @property {import('../../tools/stack/stack-file.mjs').Stack} stack
 * @property {string} company
 * @property {Subscriber[]} subscribers
 */

/**
 * A Vendure, a Hooklane that captures its tables, and a receiver with two apps. Call `start` once, and `stop` afterwards even if
 * `start` failed: it ends everything that was started.
 */
export class Example {
  #options
  /** @type {import('./mirror/receiver.mjs').Receiver | null} */
  #receiver = null
  /** @type {import('./shop/shop-process.mjs').Shop | null} */
  #server = null
  /** @type {Awaited<ReturnType<typeof startSystem>> | null} */
  #system = null

  /** @param {ExampleOptions} options */
  constructor(options) {
    this.#options = options
  }

  /**
   * The shop is set up before Hooklane's services start, so that only later changes become events.
   *
   * @returns {Promise<World>}
   */
  async start() {
    const { home, cacheDir, signal, say } = this.#options
    this.#receiver = await startReceiver()
    /** @type {(shop: OpenShop) => void} */
    let opened = () => {}
    const shop = new Promise((resolve) => (opened = resolve))
    this.#system = await startSystem({
      home,
      cacheDir,
      fresh: true,
      signal,
      onProgress: say,
      captureFile: join(import.meta.dirname, 'capture.yaml'),
      // Always starts servers for this run: on servers that the user names, data of other systems would be judged as part of this run.
      env: { DATABASE_URL: '', KAFKA_BROKERS: '' },
      beforeServices: async ({ serverUrl }) => {
        const databaseUrl = await createShopDatabase(serverUrl, TIMEZONE)
        opened(await this.#openShop(databaseUrl))
        return { env: { VENDURE_DATABASE_URL: databaseUrl, VENDURE_TIMEZONE: TIMEZONE } }
      },
    })
    const { stack } = this.#system
    return { shop: await shop, stack, company: COMPANY, subscribers: await subscribe(stack, this.#receiver) }
  }

  /**
   * Order matters: the shop stops first, because it uses the system's database. The receiver stops last, because it must answer requests
   * that are still in flight.
   */
  async stop() {
    await this.#server?.stop()
    await this.#system?.stop()
    await this.#receiver?.close()
  }

  /**
   * @param {string} databaseUrl
   * @returns {Promise<OpenShop>}
   */
  async #openShop(databaseUrl) {
    const { home, signal, say } = this.#options
    const startedAt = Date.now()
    say('vendure', 'starting')
    const server = await startShop({ databaseUrl, timezone: TIMEZONE, log: join(home, 'logs', 'vendure.log'), signal })
    this.#server = server
    const api = new AdminApi(server.adminApiUrl, signal)
    await api.login(server.login)
    const facts = await setUpShop(api)
    await prepareForCapture(databaseUrl)
    say('vendure', `ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
    return { server, api, facts }
  }
}

/**
 * Creates one company and two apps with one subscription each.
 *
 * @param {import('../../tools/stack/stack-file.mjs').Stack} stack
 * @param {import('./mirror/receiver.mjs').Receiver} receiver
 * @returns {Promise<Subscriber[]>}
 */
async function subscribe(stack, receiver) {
  await callApi(stack, 'PUT', `/v1/companies/${COMPANY}`, { name: 'A Vendure shop' })
  const subscribers = []
  for (const { id, name, resources } of APPS) {
    const lane = new Lane(name)
    await callApi(stack, 'PUT', `/v1/apps/${id}`, { name, type: 'example' }, COMPANY)
    const subscription = await callApi(
      stack,
      'POST',
      '/v1/subscriptions',
      {
        appId: id,
        name,
        target: { url: receiver.urlOf(id) },
        events: [...resources, 'tags'].map((resource) => `${resource}.*`),
        delivery: { retry: { attempts: 10, interval: 'PT1S' } },
      },
      COMPANY,
    )
    receiver.serve(id, lane, subscription.secret)
    subscribers.push({ resources, lane })
  }
  return subscribers
}
