/** @typedef {import('../shop/admin-api.mjs').AdminApi} AdminApi */

/** Products per query: few enough for an answer within a second or two. */
const PAGE = 100

const PRODUCTS = `query ($options: ProductListOptions!) {
  products(options: $options) {
    totalItems
    items {
      id createdAt updatedAt enabled featuredAsset { id }
      translations { id createdAt updatedAt languageCode name slug description }
    }
  }
}`

const VARIANTS = `query ($options: ProductVariantListOptions!) {
  productVariants(options: $options) {
    totalItems
    items {
      id createdAt updatedAt productId enabled sku outOfStockThreshold useGlobalOutOfStockThreshold trackInventory
      featuredAsset { id } taxCategory { id }
      translations { id createdAt updatedAt languageCode name }
      stockLevels { id createdAt updatedAt stockLocationId stockOnHand stockAllocated }
    }
  }
}`

const PRICES = `query ($options: ProductVariantListOptions!) {
  productVariants(options: $options) { totalItems items { id prices { currencyCode price } } }
}`

const OVERVIEW = `query ($options: ProductListOptions!) {
  products(options: $options) { totalItems items { id variants { id } } }
}`

/** @typedef {{ id: string, variantIds: string[] }} ProductOverview */

/**
 * @param {AdminApi} api
 * @param {string} slugPrefix
 * @returns {Promise<ProductOverview[]>}
 */
export async function listProducts(api, slugPrefix) {
  const filter = { slug: { contains: slugPrefix } }
  const items = await readAll(api, OVERVIEW, { filter })
  return items.map(({ id, variants }) => ({ id, variantIds: variants.map((/** @type {any} */ one) => one.id) }))
}

/**
 * Reads the whole catalogue from the API: a flat list of entries for each resource, each entry with the id of its parent.
 *
 * @param {AdminApi} api
 * @param {readonly { id: string, token: string }[]} channels
 */
export async function readCatalogue(api, channels) {
  const products = await readAll(api, PRODUCTS)
  const variants = await readAll(api, VARIANTS)
  const prices = []
  for (const channel of channels) {
    const priced = await readAll(api, PRICES, {}, { channelToken: channel.token })
    prices.push(...partsOf(priced, 'prices', 'variantId').map((price) => ({ ...price, channelId: channel.id })))
  }
  return {
    products,
    productTranslations: partsOf(products, 'translations', 'baseId'),
    productVariants: variants,
    productVariantTranslations: partsOf(variants, 'translations', 'baseId'),
    productVariantPrices: prices,
    stockLevels: partsOf(variants, 'stockLevels', 'productVariantId'),
  }
}

/** @typedef {Awaited<ReturnType<typeof readCatalogue>>} Catalogue */

/**
 * @param {readonly any[]} items
 * @param {string} name - The property of each item that holds its list of parts.
 * @param {string} reference - The property of each part that gets its item's id.
 * @returns {any[]}
 */
const partsOf = (items, name, reference) =>
  items.flatMap((item) => item[name].map((/** @type {any} */ part) => ({ ...part, [reference]: item.id })))

/**
 * @param {AdminApi} api
 * @param {string} document
 * @param {object} [options]
 * @param {{ channelToken?: string }} [channel]
 * @returns {Promise<any[]>}
 */
async function readAll(api, document, options = {}, channel = {}) {
  const all = []
  for (;;) {
    const page = { ...options, sort: { id: 'ASC' }, skip: all.length, take: PAGE }
    const { items, totalItems } = await api.call(document, { options: page }, channel)
    all.push(...items)
    if (items.length === 0 || all.length >= totalItems) return all
  }
}
