import { readCatalogue } from './catalogue/read-catalogue.mjs'
import { compareCatalogue } from './mirror/compare-catalogue.mjs'

/**
 * Compares what has arrived at each app with what Vendure's API returns now.
 *
 * @param {import('./example.mjs').World} world
 */
export async function judge({ shop, subscribers }) {
  const catalogue = await readCatalogue(shop.api, shop.facts.channels)
  const violations = {
    missing: 0,
    extra: 0,
    different: 0,
    unfitting: 0,
    reordered: 0,
    duplicates: 0,
    badSignatures: 0,
    sequenceHoles: 0,
  }
  /** @type {string[]} */
  const findings = []
  for (const { resources, lane } of subscribers) {
    const found = { ...compareCatalogue(lane.fold, catalogue, resources), unfitting: lane.fold.unfitting }
    for (const kind of /** @type {const} */ (['missing', 'extra', 'different', 'unfitting'])) {
      violations[kind] += found[kind].length
      findings.push(...found[kind].map((text) => `${lane.name}: ${kind}: ${text}`))
    }
    for (const kind of /** @type {const} */ (['reordered', 'duplicates', 'badSignatures', 'sequenceHoles'])) {
      violations[kind] += lane.faults[kind]
    }
  }
  const deliveries = Object.fromEntries(subscribers.map(({ lane }) => [lane.name, lane.sequence]))
  return { result: { events: eventsOf(subscribers), deliveries, compared: sizeOf(catalogue), violations }, findings }
}

/** Number of events by type; an event that both apps got counts once. @param {readonly import('./example.mjs').Subscriber[]} subscribers */
function eventsOf(subscribers) {
  /** @type {Record<string, number>} */
  const events = {}
  for (const { lane } of subscribers) {
    for (const [type, count] of lane.counts) events[type] = Math.max(events[type] ?? 0, count)
  }
  return Object.fromEntries(Object.entries(events).sort())
}

/** @param {import('./catalogue/read-catalogue.mjs').Catalogue} catalogue */
const sizeOf = (catalogue) => ({
  products: catalogue.products.length,
  variants: catalogue.productVariants.length,
  prices: catalogue.productVariantPrices.length,
  translations: catalogue.productTranslations.length + catalogue.productVariantTranslations.length,
  stockLevels: catalogue.stockLevels.length,
})
