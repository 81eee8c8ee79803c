import type { UrlPart, UrlTemplate } from '@hooklane/core/capture'
import { parseUrl } from '@hooklane/core/kernel'
import type { ExpandedPiece } from './environment-references.js'

const PLACEHOLDER = /\{([^{}]*)\}/g

/**
 * Splits a URL into text and placeholders: `{id}` is the entity's id, any other `{name}` a column. Braces in the value of an environment
 * variable are plain text. When the URL is not valid, returns the fault as a string.
 */
export function parseUrlTemplate(pieces: readonly ExpandedPiece[]): UrlTemplate | string {
  const parts: UrlPart[] = []
  for (const piece of pieces) {
    if (piece.isFromEnvironment) {
      parts.push({ kind: 'text', text: piece.text })
      continue
    }
    if (/[\s{}]/.test(piece.text.replace(PLACEHOLDER, ''))) return 'holds a blank or an unpaired brace'
    let from = 0
    for (const match of piece.text.matchAll(PLACEHOLDER)) {
      const name = match[1] ?? ''
      if (name === '') return 'holds an empty placeholder: write {id} or {column}'
      if (match.index > from) parts.push({ kind: 'text', text: piece.text.slice(from, match.index) })
      parts.push(name === 'id' ? { kind: 'id' } : { kind: 'column', column: name })
      from = match.index + match[0].length
    }
    if (from < piece.text.length) parts.push({ kind: 'text', text: piece.text.slice(from) })
  }
  const sample = parts.map((part) => (part.kind === 'text' ? part.text : 'x')).join('')
  if (!/^https?:\/\/[^/]/.test(sample) || !parseUrl(sample)) return 'must be an http or https URL'
  return parts
}
