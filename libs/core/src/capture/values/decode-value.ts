import type { JsonValue } from '@hooklane/contracts/public'
import type { Column } from '../row-change.js'
import { parseArrayText, type ArrayText } from './decode-array.js'
import { decodeTimestamp, decodeTimestamptz } from './decode-instant.js'
import { parseHstoreText } from './decode-hstore.js'
import { parseExactJson } from './decode-json.js'
import { shapeOf, type ScalarKind, type TypeShape } from './type-oids.js'

/** Converts the text of a column's value (never null) to JSON. Total: text that does not fit the column's type is returned unchanged. */
export type ValueDecoder = (text: string) => JsonValue

export interface ValueOptions {
  /** Zone in which `timestamp` is read. */
  readonly timezone: string
  /** The column holds JSON although its type does not say so. */
  readonly isJson?: boolean
}

/**
 * Returns the decoder that converts a column's text to JSON.
 *
 * - boolean, smallint, integer, real and double precision become JSON booleans and numbers; `NaN` and the infinities become strings.
 * - numeric, bigint, date, time, interval, uuid, bytea (`\x…`), money, ranges, enums, composites and every unknown type stay the text that
 *   Postgres prints under `VALUE_SETTINGS`.
 * - json and jsonb are read without losing a digit.
 * - Timestamps become ISO 8601 text in UTC.
 * - hstore becomes an object, and an array becomes an array. A domain is read as its base type.
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
