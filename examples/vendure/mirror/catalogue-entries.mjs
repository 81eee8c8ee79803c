/**
 * Converts rows from events and entries of Vendure's API to one form that can be compared: a key, and the fields that both have.
 * Rows hold ids as numbers and instants with microseconds; the API has ids as strings and instants with milliseconds.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {Record<string, unknown>} fields
 * @property {string | null} touchedAt - `updatedAt` if the capture file ignores it, so that events may show an older one; otherwise null.
 */

/** @typedef {Record<string, any>} Row */

/**
 * @typedef {object} Resource
 * @property {{ resource: string, column: string } | null} parent - The resource that this one is a part of, and the column with its id.
 *   The API does not show the parts of a deleted parent, but the tables keep them.
 * @property {(row: Row) => Entry} ofRow
 * @property {(item: Row) => Entry} ofApi
 */

/** @type {Record<keyof import('../catalogue/read-catalogue.mjs').Catalogue, Resource>} */
export const RESOURCES = {
  products: {
    parent: null,
    ofRow: (row) => touched(row, { ...head(row), enabled: row.enabled, featuredAsset: id(row.featuredAssetId) }),
    ofApi: (item) => touched(item, { ...head(item), enabled: item.enabled, featuredAsset: id(item.featuredAsset?.id) }),
  },
  productTranslations: {
    parent: { resource: 'products', column: 'baseId' },
    ofRow: (row) => whole(row, translation(row, ['name', 'slug', 'description'])),
    ofApi: (item) => whole(item, translation(item, ['name', 'slug', 'description'])),
  },
  productVariants: {
    parent: null,
    ofRow: (row) =>
      touched(row, { ...variant(row), featuredAsset: id(row.featuredAssetId), taxCategory: id(row.taxCategoryId) }),
    ofApi: (item) =>
      touched(item, {
        ...variant(item),
        featuredAsset: id(item.featuredAsset?.id),
        taxCategory: id(item.taxCategory?.id),
      }),
  },
  productVariantTranslations: {
    parent: { resource: 'productVariants', column: 'baseId' },
    ofRow: (row) => whole(row, translation(row, ['name'])),
    ofApi: (item) => whole(item, translation(item, ['name'])),
  },
  productVariantPrices: {
    parent: { resource: 'productVariants', column: 'variantId' },
    ofRow: price,
    ofApi: price,
  },
  stockLevels: {
    parent: { resource: 'productVariants', column: 'productVariantId' },
    ofRow: (row) => whole(row, stockLevel(row)),
    ofApi: (item) => whole(item, stockLevel(item)),
  },
}

/** The API shows no id of a price, so its key is variant, channel and currency. @param {Row} row @returns {Entry} */
function price(row) {
  const key = `${row.variantId}/${row.channelId}/${row.currencyCode}`
  return { key, fields: { price: row.price }, touchedAt: null }
}

/** @param {Row} row */
const head = (row) => ({ createdAt: instant(row.createdAt) })

/** @param {Row} row @param {readonly string[]} texts */
const translation = (row, texts) => ({
  baseId: id(row.baseId),
  languageCode: row.languageCode,
  ...Object.fromEntries(texts.map((name) => [name, row[name]])),
})

/** @param {Row} row */
const variant = (row) => ({
  ...head(row),
  productId: id(row.productId),
  enabled: row.enabled,
  sku: row.sku,
  outOfStockThreshold: row.outOfStockThreshold,
  useGlobalOutOfStockThreshold: row.useGlobalOutOfStockThreshold,
  trackInventory: row.trackInventory,
})

/** @param {Row} row */
const stockLevel = (row) => ({
  productVariantId: id(row.productVariantId),
  stockLocationId: id(row.stockLocationId),
  stockOnHand: row.stockOnHand,
  stockAllocated: row.stockAllocated,
})

/** @param {Row} row @param {Record<string, unknown>} fields @returns {Entry} */
const whole = (row, fields) => ({
  key: String(row.id),
  fields: { ...head(row), updatedAt: instant(row.updatedAt), ...fields },
  touchedAt: null,
})

/** @param {Row} row @param {Record<string, unknown>} fields @returns {Entry} */
const touched = (row, fields) => ({ key: String(row.id), fields, touchedAt: instant(row.updatedAt) })

/** @param {unknown} value */
const id = (value) => (value === null || value === undefined ? null : String(value))

/** @param {string} text */
const instant = (text) => new Date(text).toISOString()
