/** Maps values of the log to JSON. Written from the documentation (docs/guides/capture-your-pim.md), not from the code of the product. */

const NUMBERS = new Set(['smallint', 'integer', 'real', 'double precision'])
const TIMESTAMP = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/

/** A value that the judge cannot know, because its column was added or got another type, and the rows were not logged. */
export const UNKNOWN = Object.freeze({ type: 'unknown', text: undefined })

/** @param {import('./decoding.mjs').Cell} cell @returns {any} a JSON value */
export function jsonOf({ type, text }) {
  if (text === null || text === undefined) return null
  if (type.endsWith('[]')) return arrayOf(text, type.slice(0, -2))
  if (type === 'boolean') return text === 'true' || text === 't'
  if (NUMBERS.has(type)) return Number.isFinite(Number(text)) ? Number(text) + 0 : text
  if (type === 'json' || type === 'jsonb') return JSON.parse(text)
  if (type.startsWith('timestamp')) return instantOf(text)
  return text
}

/** A value as text, as it appears in ids and keys. @param {import('./decoding.mjs').Cell} cell @returns {string | null} */
export function textOf(cell) {
  if (cell.text === null || cell.text === undefined) return null
  const value = jsonOf(cell)
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : cell.text
}

/** Expects the time in UTC, as the judge's session prints it. @param {string} text */
function instantOf(text) {
  const match = TIMESTAMP.exec(text)
  return match ? `${match[1]}-${match[2]}T${match[3]}Z` : text
}

/** Parses arrays of one dimension, the only arrays in the captured tables. @param {string} text @param {string} type @returns {any[]} */
function arrayOf(text, type) {
  const elements = []
  for (const [, quoted, bare] of text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)) {
    if (quoted === undefined && bare === 'NULL') elements.push(null)
    else elements.push(jsonOf({ type, text: quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '' }))
  }
  return elements
}
