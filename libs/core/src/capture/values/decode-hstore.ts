import type { JsonObject } from '@hooklane/contracts/public'
import { readQuoted } from './quoted-text.js'

/** Reads the text form of `hstore`: `"a"=>"1", "b"=>NULL`. Null for text that is no `hstore`. */
export function parseHstoreText(text: string): JsonObject | null {
  const members: [string, string | null][] = []
  for (let at = 0; at < text.length;) {
    if (members.length > 0) {
      if (!text.startsWith(', ', at)) return null
      at += 2
    }
    const key = text[at] === '"' ? readQuoted(text, at) : null
    if (!key || !text.startsWith('=>', key.end)) return null
    const value = readValue(text, key.end + 2)
    if (!value) return null
    members.push([key.value, value.value])
    at = value.end
  }
  return Object.fromEntries(members)
}

function readValue(text: string, at: number): { readonly value: string | null; readonly end: number } | null {
  if (text.startsWith('NULL', at)) return { value: null, end: at + 4 }
  return text[at] === '"' ? readQuoted(text, at) : null
}
