/** What a cell may not hold as it is. */
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

/** Names of settings within a text, as code; what is code already stays. */
export const withNamesAsCode = (/** @type {string} */ text) =>
  text.replaceAll(/`[^`]*`|\b[A-Z]+(?:_[A-Z]+)+\b/g, (name) => (name.startsWith('`') ? name : code(name)))

/** Parts of a page, with a blank line between. */
export const page = (/** @type {readonly string[]} */ ...parts) => `${parts.join('\n\n')}\n`

/** Stands below the title of what is written by `npm run docs`. */
export const GENERATED = '<!-- Made from the code by `npm run docs`; do not edit. -->'
