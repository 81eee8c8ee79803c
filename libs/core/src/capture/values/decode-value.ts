import type { JsonValue } from '@hooklane/contracts'
import { parseArrayText, type ArrayText } from './decode-array.js'
import { decodeTimestamp, decodeTimestamptz } from './decode-instant.js'
import { parseExactJson } from './decode-json.js'
import { shapeOf, type ScalarKind, type TypeShape } from './type-oids.js'

/** Reads one column's text (never null). Total: text that its type does not explain is a string, unchanged. */
export type ValueDecoder = (text: string) => JsonValue

export interface ValueOptions {
  /** Zone in which `timestamp` is read. */
  readonly timezone: string
  /** The column holds JSON although its type does not say so. */
  readonly isJson?: boolean
}

/**
 * How a column of a type becomes JSON: boolean, smaller integers and floats as such (`NaN` and the infinities as strings); numeric,
 * bigint, date, time, interval, uuid, bytea (`\x…`), enums and every unknown type as the text that Postgres prints; json and jsonb
 * read exactly; timestamps in UTC; arrays of built-in types as arrays.
 */
export function valueDecoder(typeOid: number, options: ValueOptions): ValueDecoder {
  const shape: TypeShape = options.isJson === true ? { array: false, kind: 'json' } : shapeOf(typeOid)
  const scalar = scalarDecoder(shape.kind, options.timezone)
  if (!shape.array) return scalar
  const { delimiter } = shape
  return (text) => {
    const array = parseArrayText(text, delimiter)
    return array === null ? text : decodeElements(array, scalar)
  }
}

/** Recursion is bounded by the six dimensions that Postgres allows. */
function decodeElements(array: ArrayText, scalar: ValueDecoder): JsonValue[] {
  return array.map((element) => {
    if (element === null) return null
    return typeof element === 'string' ? scalar(element) : decodeElements(element, scalar)
  })
}

function scalarDecoder(kind: ScalarKind, timezone: string): ValueDecoder {
  switch (kind) {
    case 'text':
      return (text) => text
    case 'boolean':
      return (text) => (text === 't' ? true : text === 'f' ? false : text)
    case 'number':
      return decodeNumber
    case 'json':
      return (text) => {
        const value = parseExactJson(text)
        return value === undefined ? text : value
      }
    case 'timestamp':
      return (text) => decodeTimestamp(text, timezone)
    case 'timestamptz':
      return decodeTimestamptz
  }
}

function decodeNumber(text: string): JsonValue {
  const value = Number(text)
  if (!Number.isFinite(value) || text === '') return text
  // JSON has no negative zero; adding zero makes it positive.
  return value + 0
}
