import { translations } from './edit-catalogue.mjs'

/**
 * @typedef {import('./read-catalogue.mjs').ProductOverview} ProductOverview
 * @typedef {{ id: string, variantIds: string[], isInOutlet: boolean, hasDollars: Set<string> }} Chair
 * @typedef {import('./each-kind-of-change.mjs').Desk} Desk
 */

/** Number of concurrent editors. Each changes its own products, and the transactions of the editors interleave. */
const EDITORS = 4

/**
 * Makes many small random changes by several concurrent editors.
 *
 * @param {Desk} desk
 * @param {{ products: readonly ProductOverview[], changes: number, seed: number }} options
 */
export async function makeRandomChanges(desk, { products, changes, seed }) {
  const work = Array.from({ length: EDITORS }, async (_, index) => {
    const own = products.filter((__, number) => number % EDITORS === index)
    const editor = new BusyEditor(desk, own, random(seed + index))
    for (let left = Math.ceil(changes / EDITORS); left > 0; left -= 1) await editor.changeSomething()
  })
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/** Changes products that no other editor changes, and keeps track of their state. */
class BusyEditor {
  #desk
  /** @type {Chair[]} */
  #chairs
  #random
  #serial = 0

  /** @param {Desk} desk @param {readonly ProductOverview[]} products @param {() => number} random */
  constructor(desk, products, random) {
    this.#desk = desk
    this.#random = random
    this.#chairs = products.map(({ id, variantIds }) => ({
      id,
      variantIds: [...variantIds],
      isInOutlet: false,
      hasDollars: new Set(),
    }))
  }

  async changeSomething() {
    this.#serial += 1
    const chair = this.#pick(this.#chairs)
    const variantId = this.#pick(chair.variantIds)
    await this.#pick([
      () => this.#updateVariant(variantId, { price: this.#below(100_000) }),
      () => this.#updateVariant(variantId, this.#germanName()),
      () =>
        this.#updateVariant(variantId, { sku: `CHAIR-${variantId}-${this.#serial}`, enabled: this.#below(2) === 0 }),
      () => this.#updateVariant(variantId, this.#warehouseStock()),
      () => this.#recount(chair),
      () => this.#toggleDollars(chair, variantId),
      () => this.#toggleOutlet(chair),
      () => this.#rename(chair),
      () => this.#toggleProduct(chair),
      () => (this.#below(2) === 0 ? this.#deleteVariant(chair, variantId) : this.#deleteProduct(chair)),
    ])()
  }

  /** @param {string} id @param {object} change */
  #updateVariant(id, change) {
    return this.#desk.editor.updateVariants([{ id, ...change }])
  }

  #germanName() {
    return { translations: translations({ de: { name: `Stuhl, ${this.#serial}. Fassung` } }) }
  }

  #warehouseStock() {
    const { warehouse } = this.#desk.facts.stockLocations
    return { stockLevels: [{ stockLocationId: warehouse, stockOnHand: this.#below(50) }] }
  }

  /** Changes the stock of all variants in one call. @param {Chair} chair */
  #recount({ variantIds }) {
    return this.#desk.editor.updateVariants(variantIds.map((id) => ({ id, stockOnHand: this.#below(50) })))
  }

  /** @param {Chair} chair */
  #toggleProduct({ id }) {
    return this.#desk.editor.updateProduct({ id, enabled: this.#below(2) === 0 })
  }

  /** @param {Chair} chair */
  #rename(chair) {
    const language = this.#pick(/** @type {const} */ (['en', 'de']))
    const name = `Chair ${chair.id} edition ${this.#serial}`
    const texts = this.#below(2) === 0 ? { name } : { name, slug: `${name}-${language}` }
    return this.#desk.editor.updateProduct({ id: chair.id, translations: translations({ [language]: texts }) })
  }

  /** @param {Chair} chair @param {string} id */
  async #toggleDollars({ hasDollars }, id) {
    const isPriced = hasDollars.delete(id)
    if (!isPriced) hasDollars.add(id)
    const price = { currencyCode: 'USD', price: this.#below(100_000), delete: isPriced }
    await this.#updateVariant(id, { prices: [price] })
  }

  /** @param {Chair} chair */
  async #toggleOutlet(chair) {
    const { editor, facts } = this.#desk
    const where = { productIds: [chair.id], channelId: facts.outlet.id }
    if (chair.isInOutlet) await editor.removeFromChannel(where)
    else await editor.assignToChannel({ ...where, priceFactor: 0.5 })
    chair.isInOutlet = !chair.isInOutlet
  }

  /** @param {Chair} chair @param {string} id */
  async #deleteVariant(chair, id) {
    if (chair.variantIds.length === 1) return this.#deleteProduct(chair)
    await this.#desk.editor.deleteVariant(id)
    chair.variantIds = chair.variantIds.filter((one) => one !== id)
  }

  /** Keeps the last product, so that there is always something to change. @param {Chair} chair */
  async #deleteProduct(chair) {
    if (this.#chairs.length === 1) return
    await this.#desk.editor.deleteProduct(chair.id)
    this.#chairs = this.#chairs.filter((one) => one !== chair)
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  #pick(choices) {
    return /** @type {T} */ (choices[this.#below(choices.length)])
  }

  /** @param {number} limit */
  #below(limit) {
    return Math.floor(this.#random() * limit)
  }
}

/** Mulberry32: the same seed gives the same numbers. @param {number} seed */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
