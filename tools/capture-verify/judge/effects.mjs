import { isDeepStrictEqual } from 'node:util'
import { agree } from './model.mjs'
import { jsonOf, textOf } from './values.mjs'

/**
 * The entry of a table in the capture file.
 *
 * @typedef {object} Meaning
 * @property {string} table
 * @property {string} resource
 * @property {string} entity
 * @property {string[]} id
 * @property {string | null} key
 * @property {string | null} version
 * @property {string | null} deleted
 * @property {Readonly<Record<string, string>>} when
 * @property {string[]} ignore
 * @property {string[]} omit
 * @property {string | null} actor - The column of `actor.id`.
 *
 * @typedef {import('./decoding.mjs').Image} Image
 * @typedef {import('./model.mjs').Touch} Touch
 *
 * What a transaction did to one entity of one company.
 *
 * @typedef {object} Effect
 * @property {string} company
 * @property {string} id
 * @property {'create' | 'update' | 'delete'} operation
 * @property {Image | null} before
 * @property {Image | null} after
 * @property {Touch} touch
 */

/** The company ids that an event can have. */
const COMPANY = /^[\x21-\x7e]{1,128}$/

/** @param {Image} image @param {Meaning} meaning @returns {{ company: string, id: string } | null} null: the row is not an entity */
export function entityOf(image, { id, deleted, when }) {
  const company = image.get('company_id')?.text ?? ''
  const parts = id.map((column) => textOf(image.get(column) ?? { type: 'text', text: null }))
  if (!COMPANY.test(company) || parts.includes(null)) return null
  if (deleted !== null && (image.get(deleted)?.text ?? null) !== null) return null
  if (Object.entries(when).some(([column, value]) => image.get(column)?.text !== value)) return null
  return { company, id: parts.length === 1 ? String(parts[0]) : parts.map(escaped).join(':') }
}

/**
 * Escapes a part of a composite id as docs/guides/capture-your-pim.md describes, so that the parts stay separable.
 *
 * @param {string | null} part
 */
const escaped = (part) => (part ?? '').replaceAll('%', '%25').replaceAll(':', '%3A')

/**
 * The effects of a touched row on entities: at most one effect, or two effects when the row changed its company.
 *
 * @param {Touch} touch
 * @param {Image | null} now - The row at the end of the transaction.
 * @param {Meaning} meaning
 * @returns {Effect[]}
 */
export function effectsOf(touch, now, meaning) {
  const before = touch.before === null ? null : loggedBefore(touch.before.image, touch.olds)
  const was = before && entityOf(before, meaning)
  const is = now && entityOf(now, meaning)
  if (was && is && was.company === is.company) return [{ ...is, operation: 'update', before, after: now, touch }]
  /** @type {Effect[]} */
  const effects = []
  if (was) effects.push({ ...was, operation: 'delete', before, after: null, touch })
  if (is) effects.push({ ...is, operation: 'create', before: null, after: now, touch })
  return effects
}

/**
 * The entities of a company in a table, as a receiver would fetch them.
 *
 * @param {import('./model.mjs').Root} root
 * @param {Meaning} meaning
 * @param {string} company
 * @returns {[string, Record<string, unknown>][]} id and data
 */
export function entitiesOf(root, meaning, company) {
  return [...root.rows.values()].flatMap(([row]) => {
    const entity = row && entityOf(row.image, meaning)
    if (!row || entity?.company !== company) return []
    const shown = [...row.image].filter(([column, { text }]) => text !== undefined && !meaning.omit.includes(column))
    return [[entity.id, Object.fromEntries(shown.map(([column, cell]) => [column, jsonOf(cell)]))]]
  })
}

/**
 * The row before the transaction. Prefers the old row in the log, which has the values that a change of the catalogue has hidden from the
 * judge.
 *
 * @param {Image} image
 * @param {readonly Image[]} olds
 */
const loggedBefore = (image, olds) => olds.find((old) => agree(image, old)) ?? image

/** Whether a column must never leave the event-producer, whatever the file says. Renaming keeps `secret`. @param {string} column */
export const isSecret = (column) => column.startsWith('secret')

/**
 * Whether an effect must have an event. 'maybe': the judge cannot know.
 *
 * @param {Effect} effect
 * @param {Meaning} meaning
 * @param {ReadonlySet<string>} everNamed - The columns of the table that any capture file of the run has ignored or omitted.
 * @returns {'yes' | 'no' | 'maybe'}
 */
export function isEvent({ before, after, operation }, { ignore, omit }, everNamed) {
  if (operation !== 'update') return 'yes'
  const images = /** @type {[Image, Image]} */ ([before, after])
  const named = [...ignore, ...omit]
  // The file names a column that the row lacks. The row may have this column under another name, which the judge does not know.
  const isMisnamed = named.some((column) => !images[1].has(column))
  let isUnsure = false
  for (const column of new Set(images.flatMap((image) => [...image.keys()]))) {
    if (named.includes(column)) continue
    const [a, b] = images.map((image) => image.get(column))
    if (a?.text === undefined || b?.text === undefined) isUnsure = true
    else if (isDeepStrictEqual(jsonOf(a), jsonOf(b))) continue
    else if (isSecret(column) || (isMisnamed && everNamed.has(column))) isUnsure = true
    else return 'yes'
  }
  return isUnsure ? 'maybe' : 'no'
}
