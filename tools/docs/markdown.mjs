/** Escapes the characters that a table cell cannot contain. */
const escapeCell = (/** @type {string} */ text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export const code = (/** @type {string} */ text) => `\`${text}\``

/** Marks the names of settings in a text as code; text that is already code stays as it is. */
export const withNamesAsCode = (/** @type {string} */ text) =>
  text.replaceAll(/`[^`]*`|\b[A-Z]+(?:_[A-Z]+)+\b/g, (name) => (name.startsWith('`') ? name : code(name)))

/** Joins the parts of a page with blank lines. */
export const page = (/** @type {readonly string[]} */ ...parts) => `${parts.join('\n\n')}\n`

/** The note below the title of every page that `npm run docs` writes. */
export const GENERATED = '<!-- Generated from the code by `npm run docs`; do not edit. -->'
