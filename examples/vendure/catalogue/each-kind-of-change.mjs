import { AdminApiError } from '../shop/admin-api.mjs'
import { translations } from './edit-catalogue.mjs'

/** @typedef {{ editor: import('./edit-catalogue.mjs').CatalogueEditor, facts: import('./set-up-shop.mjs').ShopFacts }} Desk */

/** Too long for the row itself: Postgres stores it out of line (TOAST), and does not log it again when only other columns change. */
const LONG_DESCRIPTION = Array.from(
  { length: 3_000 },
  (_, index) => `<p>${(index * 2_654_435_761) % 4_294_967_291}</p>`,
).join('')

/**
 * Makes one change of each kind, one after the other.
 *
 * @param {Desk} desk
 */
export async function makeEachKindOfChange(desk) {
  const lamp = await createLamp(desk)
  await reprice(desk, lamp)
  await rewrite(desk, lamp)
  await moveStock(desk, lamp)
  await sellInOutlet(desk, lamp)
  await refuse(desk)
  await takeOutOfRange(desk, lamp)
}

/**
 * Creates a product with two option groups and a variant for each combination.
 *
 * @param {Desk} desk
 */
async function createLamp({ editor, facts }) {
  const { store, warehouse, popUp } = facts.stockLocations
  const product = await editor.createProduct({
    translations: translations({
      en: { name: 'Desk lamp', slug: 'desk-lamp', description: 'A "small" lamp – for desks ☀️' },
      de: { name: 'Tischlampe', slug: 'tischlampe', description: 'Für große & kleine Tische' },
    }),
  })
  const colours = await editor.addOptionGroup(product.id, 'lamp-colour', ['black', 'white'])
  const sizes = await editor.addOptionGroup(product.id, 'lamp-size', ['s', 'm'])
  const combinations = colours.flatMap((colour) => sizes.map((size) => [colour, size]))
  const variants = await editor.createVariants(
    combinations.slice(0, 3).map((options, index) => ({
      productId: product.id,
      sku: `LAMP-${options.map(({ code }) => code).join('-')}`,
      optionIds: options.map(({ id }) => id),
      price: 8_900 + index,
      stockLevels: [
        { stockLocationId: store, stockOnHand: 5 },
        { stockLocationId: popUp, stockOnHand: index },
      ],
      translations: translations({ en: { name: `Desk lamp ${options.map(({ code }) => code).join(' ')}` } }),
    })),
  )
  // The last variant has two languages and two currencies from the beginning, and stock in the warehouse only.
  const [last] = await editor.createVariants([
    {
      productId: product.id,
      sku: 'LAMP-white-m',
      optionIds: combinations[3]?.map(({ id }) => id),
      prices: [
        { currencyCode: 'EUR', price: 9_900 },
        { currencyCode: 'USD', price: 10_900 },
      ],
      stockLevels: [{ stockLocationId: warehouse, stockOnHand: 12 }],
      translations: translations({ en: { name: 'Desk lamp white m' }, de: { name: 'Tischlampe weiß m' } }),
    },
  ])
  return { productId: product.id, variantIds: [...variants, last].map((variant) => /** @type {any} */ (variant).id) }
}

/** @typedef {Awaited<ReturnType<typeof createLamp>>} Lamp */

/** @param {Desk} desk @param {Lamp} lamp */
async function reprice({ editor }, { variantIds: [first, second] }) {
  await editor.updateVariants([{ id: first, price: 7_900 }])
  const prices = [
    { currencyCode: 'EUR', price: 7_500 },
    { currencyCode: 'USD', price: 8_300 },
  ]
  await editor.updateVariants([
    { id: first, prices },
    { id: second, prices },
  ])
  await editor.updateVariants([{ id: second, prices: [{ currencyCode: 'USD', price: 0, delete: true }] }])
}

/** @param {Desk} desk @param {Lamp} lamp */
async function rewrite({ editor }, { productId, variantIds: [first, second] }) {
  await editor.updateProduct({
    id: productId,
    translations: translations({
      en: { name: 'Desk lamp Nord', slug: 'desk-lamp-nord', description: LONG_DESCRIPTION },
    }),
  })
  await editor.updateProduct({ id: productId, translations: translations({ en: { name: 'Desk lamp Nordlys' } }) })
  await editor.updateVariants([
    { id: first, sku: 'LAMP-NORD-1', translations: translations({ de: { name: 'Tischlampe Nordlys' } }) },
    {
      id: second,
      enabled: false,
      trackInventory: 'FALSE',
      outOfStockThreshold: 3,
      useGlobalOutOfStockThreshold: false,
    },
  ])
  await editor.updateProduct({ id: productId, enabled: false })
  await editor.updateProduct({ id: productId, enabled: true })
}

/**
 * Changes stock, then closes a stock location. Vendure adds the stock of that location to another one: to existing rows and to new rows.
 *
 * @param {Desk} desk @param {Lamp} lamp
 */
async function moveStock({ editor, facts }, { variantIds: [first, second] }) {
  const { store, warehouse, popUp } = facts.stockLocations
  await editor.updateVariants([{ id: first, stockOnHand: 4 }])
  await editor.updateVariants([{ id: second, stockLevels: [{ stockLocationId: warehouse, stockOnHand: 40 }] }])
  await editor.updateVariants([{ id: first, stockLevels: [{ stockLocationId: store, stockOnHand: 0 }] }])
  await editor.deleteStockLocation({ id: popUp, transferToLocationId: warehouse })
}

/** @param {Desk} desk @param {Lamp} lamp */
async function sellInOutlet({ editor, facts: { outlet } }, { productId, variantIds: [first] }) {
  await editor.assignToChannel({ productIds: [productId], channelId: outlet.id, priceFactor: 0.8 })
  await editor.updateVariants([{ id: first, price: 4_900 }], { channelToken: outlet.token })
  const copy = await editor.duplicateProduct(productId)
  await editor.assignToChannel({ productIds: [copy], channelId: outlet.id, priceFactor: 0.5 })
  await editor.removeFromChannel({ productIds: [copy], channelId: outlet.id })
}

/**
 * A product without options can have only one variant. Vendure writes the first variant of the call, refuses the second and rolls both
 * back.
 *
 * @param {Desk} desk
 */
async function refuse({ editor }) {
  const texts = { name: 'Floor lamp', slug: 'floor-lamp', description: 'Stands' }
  const { id: productId } = await editor.createProduct({ translations: translations({ en: texts }) })
  const variant = { productId, price: 19_900, translations: translations({ en: { name: 'Floor lamp' } }) }
  const isRefused = await editor
    .createVariants([
      { ...variant, sku: 'NEVER-1' },
      { ...variant, sku: 'NEVER-2' },
    ])
    .then(
      () => false,
      (error) => {
        if (error instanceof AdminApiError) return true
        throw error
      },
    )
  if (!isRefused) throw new Error('Vendure accepted two variants with the same options')
  await editor.createVariants([{ ...variant, sku: 'FLOOR-LAMP' }])
}

/** @param {Desk} desk @param {Lamp} lamp */
async function takeOutOfRange({ editor }, { variantIds: [, , third] }) {
  await editor.deleteVariant(third)
  const name = { name: 'Old lamp', slug: 'old-lamp', description: '' }
  const old = await editor.createProduct({ translations: translations({ en: name }) })
  await editor.createVariants([
    {
      productId: old.id,
      sku: 'OLD-LAMP',
      price: 100,
      stockOnHand: 1,
      translations: translations({ en: { name: 'Old lamp' } }),
    },
  ])
  await editor.deleteProduct(old.id)
  // The slug of a deleted product can be used again.
  await editor.createProduct({ translations: translations({ en: name }) })
}
