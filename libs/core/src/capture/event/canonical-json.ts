import { hash } from 'node:crypto'
import type { JsonValue } from '@hooklane/contracts'

/**
 * Canonical JSON of RFC 8785: members ordered by the UTF-16 code units of their names, no blanks, numbers and strings as JavaScript
 * prints them. A lone surrogate, which the RFC refuses, is written as its escape. Recursive: the depth of captured values is bounded.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`)
  return `{${members.join(',')}}`
}

/** `sha-256:` and the lower-case hexadecimal SHA-256 of the canonical JSON in UTF-8. */
export const stateHash = (data: JsonValue): string => `sha-256:${hash('sha256', canonicalJson(data), 'hex')}`
