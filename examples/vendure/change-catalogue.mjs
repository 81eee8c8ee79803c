import { setTimeout as delay } from 'node:timers/promises'
import { catalogueEditor } from './catalogue/edit-catalogue.mjs'
import { makeRandomChanges } from './catalogue/random-changes.mjs'
import { listProducts } from './catalogue/read-catalogue.mjs'
import { makeEachKindOfChange } from './catalogue/each-kind-of-change.mjs'
import { writeProductsCsv } from './catalogue/write-products-csv.mjs'

const IMPORTED_PRODUCTS = 200
/** Each file is imported by one call. On a busy machine, the call for a larger file would exceed the timeouts of HTTP clients. */
const PRODUCTS_PER_FILE = 50
const POLL_MS = 50
/** Pause between the tags that are created until one arrives. A new subscription takes effect within two seconds. */
const TAG_EVERY_MS = 500
const LAST_TAG = 'end'

/** @typedef {import('./example.mjs').World} World */

/**
 * Changes the catalogue through Vendure's API; resolves when every app has received every change.
 *
 * @param {World} world
 * @param {{ changes: number, seed: number, signal: AbortSignal, say: (step: string, text: string) => void }} options
 */
export async function changeCatalogue({ shop, subscribers }, { changes, seed, signal, say }) {
  const { api, facts } = shop
  const lanes = subscribers.map(({ lane }) => lane)
  const desk = { editor: catalogueEditor(api), facts }
  say('subscriptions', 'waiting until they are in effect')
  await untilSubscribed(desk.editor, lanes, signal)

  say('catalogue', 'one change of each kind')
  await makeEachKindOfChange(desk)

  for (let from = 1; from <= IMPORTED_PRODUCTS; from += PRODUCTS_PER_FILE) {
    say('catalogue', `importing products ${from} to ${from + PRODUCTS_PER_FILE - 1} of ${IMPORTED_PRODUCTS}`)
    await importProducts(api, { from, count: PRODUCTS_PER_FILE })
  }

  say('catalogue', `${changes} random changes by several concurrent editors (seed ${seed})`)
  await makeRandomChanges(desk, { products: await listProducts(api, 'chair-'), changes, seed })

  say('receiver', 'waiting for the last change')
  await desk.editor.createTag(LAST_TAG)
  await untilTagged(lanes, LAST_TAG, signal)
}

/**
 * @param {import('./shop/admin-api.mjs').AdminApi} api
 * @param {{ from: number, count: number }} range
 */
async function importProducts(api, range) {
  const { imported, errors } = await api.importProducts(writeProductsCsv(range))
  if (imported === range.count && !errors?.length) return
  throw new Error(`Vendure imported ${imported} of ${range.count} products: ${errors?.join('; ')}`)
}

/**
 * Creates tags until one of them has arrived at every app, because changes that were committed before a subscription took effect are not
 * delivered.
 *
 * @param {import('./catalogue/edit-catalogue.mjs').CatalogueEditor} editor
 * @param {readonly import('./mirror/lane.mjs').Lane[]} lanes
 * @param {AbortSignal} signal
 */
async function untilSubscribed(editor, lanes, signal) {
  for (const lane of lanes) lane.expectMore()
  for (let number = 1; lanes.some((lane) => lane.lastTag === null); number += 1) {
    await editor.createTag(`begin-${number}`)
    await delay(TAG_EVERY_MS, undefined, { signal })
    for (const lane of lanes) lane.assertMoving()
  }
}

/**
 * Events arrive in commit order: when the event of the last commit has arrived, all have.
 *
 * @param {readonly import('./mirror/lane.mjs').Lane[]} lanes
 * @param {string} tag
 * @param {AbortSignal} signal
 */
async function untilTagged(lanes, tag, signal) {
  for (const lane of lanes) lane.expectMore()
  for (const lane of lanes) {
    while (lane.lastTag !== tag) {
      await delay(POLL_MS, undefined, { signal })
      lane.assertMoving()
    }
  }
}
