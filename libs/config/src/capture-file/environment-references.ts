import { readFileSync } from 'node:fs'
import { closestName } from '@hooklane/core/configuration'
import type { Environment } from '../settings/read-settings.js'

/** One piece of a text in the capture file: written in the file, or supplied by an environment variable. */
export interface ExpandedPiece {
  readonly text: string
  readonly isFromEnvironment: boolean
}

export type Expansion =
  | { readonly ok: true; readonly pieces: readonly ExpandedPiece[] }
  | { readonly ok: false; readonly faults: readonly string[] }

const REFERENCE = /\$\{([^}]*)\}/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Replaces every `${NAME}` with the value of the variable. As for secret settings, a file can supply the value: `NAME_FILE` holds its path.
 * Each reference that cannot be resolved is a separate fault. Messages name the variable, never its value.
 */
export function expandReferences(text: string, environment: Environment): Expansion {
  const pieces: ExpandedPiece[] = []
  const faults: string[] = []
  let from = 0
  for (const match of text.matchAll(REFERENCE)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), isFromEnvironment: false })
    from = match.index + match[0].length
    const found = lookUp(match[1] ?? '', environment)
    if (found.ok) pieces.push({ text: found.value, isFromEnvironment: true })
    else faults.push(found.fault)
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isFromEnvironment: false })
  return faults.length > 0 ? { ok: false, faults } : { ok: true, pieces }
}

export const joined = (pieces: readonly ExpandedPiece[]): string => pieces.map((piece) => piece.text).join('')

type Found = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly fault: string }

function lookUp(name: string, environment: Environment): Found {
  if (!NAME.test(name)) return { ok: false, fault: `\${${name}} is not a valid reference: write \${NAME}` }
  const value = environment[name]
  if (value) return { ok: true, value }
  const file = environment[`${name}_FILE`]
  if (!file) return { ok: false, fault: notSet(name, environment) }
  try {
    return { ok: true, value: readFileSync(file, 'utf8').trim() }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    return { ok: false, fault: `the file that ${name}_FILE names cannot be read (${code})` }
  }
}

function notSet(name: string, environment: Environment): string {
  const meant = closestName(name, Object.keys(environment))
  const suggestion = meant === null ? '' : `: did you mean ${meant}?`
  return `the environment variable ${name} is not set${suggestion} (set it, or point ${name}_FILE at a file that holds it, and restart)`
}
