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

/** Of the shop's clocks: neither UTC nor whole hours away from it, so that a time read in a wrong zone shows. It has no summer time. */
const TIMEZONE = 'Asia/Kolkata'

/** Both also get the tags, which mark the beginning and the end of the changes. */
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
 * @property {string} home - Of the Hooklane that is started; data of earlier runs goes.
 * @property {string} cacheDir
 * @property {AbortSignal} signal - Gives up the start, and every call of Vendure's API.
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
 * What is up when the example has started.
 *
 * @typedef {object} World
 * @property {OpenShop} shop
 * @property {import('../../tools/stack/stack-file.mjs').Stack} stack
 * @property {string} company
 * @property {Subscriber[]} subscribers
 */

/**
 * A Vendure, a Hooklane that captures its tables, and a receiver with two apps. `start` is called once; `stop` afterwards,
 * however the start went, and ends whatever runs by then.
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
   * The shop opens before Hooklane's services start: what it consists of by then is no event, what changes later is.
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
      // Servers of its own: what other systems left on named ones would be judged with this run.
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

  /** The shop, then what it stands on, then the receiver: what is still in flight to it is answered. */
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
 * One company, two apps, a subscription each.
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
