import { isDeepStrictEqual } from 'node:util'
import { RESOURCES } from './catalogue-entries.mjs'

/**
 * @typedef {import('./catalogue-entries.mjs').Entry} Entry
 * @typedef {import('./catalogue-entries.mjs').Resource} Resource
 * @typedef {import('./fold.mjs').Fold} Fold
 */

/**
 * Compares the state that the events lead to with the catalogue of Vendure's API, in both directions.
 *
 * @param {Fold} fold
 * @param {import('../catalogue/read-catalogue.mjs').Catalogue} catalogue
 * @param {readonly string[]} resources - The resources that the app subscribes to.
 */
export function compareCatalogue(fold, catalogue, resources) {
  /** @type {{ missing: string[], extra: string[], different: string[] }} */
  const found = { missing: [], extra: [], different: [] }
  for (const [name, resource] of Object.entries(RESOURCES)) {
    if (!resources.includes(name)) continue
    const items = catalogue[/** @type {keyof typeof catalogue} */ (name)]
    const truth = new Map(items.map((item) => resource.ofApi(item)).map((entry) => [entry.key, entry]))
    const copy = copyOf(fold, name, resource)
    for (const [key, entry] of truth) {
      const twins = copy.get(key) ?? []
      if (twins.length === 0) found.missing.push(`${name} ${key}`)
      for (const twin of twins.slice(1)) found.extra.push(`${name} ${twin.key}, a second one`)
      if (twins[0] !== undefined)
        found.different.push(...differences(entry, twins[0]).map((text) => `${name} ${key}: ${text}`))
    }
    for (const key of copy.keys()) if (!truth.has(key)) found.extra.push(`${name} ${key}`)
  }
  return found
}

/**
 * The entries that the events lead to, by key. Leaves out the parts of deleted parents, whose rows Vendure keeps, as a receiver would.
 *
 * @param {Fold} fold @param {string} name @param {Resource} resource
 * @returns {Map<string, Entry[]>}
 */
function copyOf(fold, name, { parent, ofRow }) {
  /** @type {Map<string, Entry[]>} */
  const copy = new Map()
  for (const row of fold.of(name).values()) {
    if (parent !== null && fold.wasDeleted(parent.resource, String(row[parent.column]))) continue
    const entry = ofRow(row)
    copy.set(entry.key, [...(copy.get(entry.key) ?? []), entry])
  }
  return copy
}

/** @param {Entry} truth @param {Entry} copy */
function differences(truth, copy) {
  const texts = Object.keys(truth.fields)
    .filter((field) => !isDeepStrictEqual(truth.fields[field], copy.fields[field]))
    .map((field) => `${field} is ${JSON.stringify(truth.fields[field])}, not ${JSON.stringify(copy.fields[field])}`)
  if (truth.touchedAt !== null && String(copy.touchedAt) > truth.touchedAt) texts.push('updatedAt is ahead of the API')
  return texts
}
