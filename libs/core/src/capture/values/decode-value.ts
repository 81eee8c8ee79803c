import type { JsonValue } from '@hooklane/contracts/public'
import type { Column } from '../row-change.js'
import { parseArrayText, type ArrayText } from './decode-array.js'
import { decodeTimestamp, decodeTimestamptz } from './decode-instant.js'
import { parseHstoreText } from './decode-hstore.js'
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
 * How a column becomes JSON: boolean, smaller integers and floats as such (`NaN` and the infinities as strings); numeric, bigint, date,
 * time, interval, uuid, bytea (`\x…`), money, ranges, enums, composites and every unknown type as the text that Postgres prints under
 * `VALUE_SETTINGS`; json and jsonb read exactly; timestamps in UTC; hstore as an object; arrays as arrays; domains as their base type.
 */
export function valueDecoder(column: Pick<Column, 'typeOid' | 'type'>, options: ValueOptions): ValueDecoder {
  return decoderOf(options.isJson === true ? { kind: 'json' } : shapeOf(column), options.timezone)
}

function decoderOf(shape: TypeShape, timezone: string): ValueDecoder {
  if (shape.kind !== 'array') return scalarDecoder(shape.kind, timezone)
  const { delimiter } = shape
  const decodeElement = decoderOf(shape.element, timezone)
  return (text) => {
    const array = parseArrayText(text, delimiter)
    return array === null ? text : decodeElements(array, decodeElement)
  }
}

/** Recursion is bounded by the six dimensions that Postgres allows. */
function decodeElements(array: ArrayText, decodeElement: ValueDecoder): JsonValue[] {
  return array.map((element) => {
    if (element === null) return null
    return typeof element === 'string' ? decodeElement(element) : decodeElements(element, decodeElement)
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
    case 'hstore':
      return (text) => parseHstoreText(text) ?? text
  }
}

function decodeNumber(text: string): JsonValue {
  const value = Number(text)
  if (!Number.isFinite(value) || text === '') return text
  // JSON has no negative zero; adding zero makes it positive.
  return value + 0
}
