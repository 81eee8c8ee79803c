import type { CatalogueType, Column } from '../row-change.js'

/** Object ids of Postgres' built-in types, which never change, by how their text is read. Every other type is text. */

export type ScalarKind = 'text' | 'boolean' | 'number' | 'json' | 'timestamp' | 'timestamptz' | 'hstore'

/** `numeric`, `int8`, `money` and `oid` are missing on purpose: they stay text, so no digit is lost. */
const SCALARS = new Map<number, ScalarKind>([
  [16, 'boolean'],
  [21, 'number'],
  [23, 'number'],
  [700, 'number'],
  [701, 'number'],
  [114, 'json'],
  [3802, 'json'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
])

/** Array type → kind of its elements. */
const ARRAYS = new Map<number, ScalarKind>([
  [1000, 'boolean'],
  [1005, 'number'],
  [1007, 'number'],
  [1021, 'number'],
  [1022, 'number'],
  [199, 'json'],
  [3807, 'json'],
  [1115, 'timestamp'],
  [1185, 'timestamptz'],
])

/**
 * Arrays whose elements are text: xml, money, bytea, "char", name, text, tid, xid, cid, bpchar, varchar, int8, point, lseg, path, polygon,
 * oid, inet, cidr, macaddr, macaddr8, line, circle, date, time, interval, numeric, timetz, bit, varbit, uuid, ranges and multiranges,
 * jsonpath, pg_lsn, tsvector, tsquery, xid8, aclitem, refcursor, regtype and the other reg types.
 */
const TEXT_ARRAYS = new Set([
  143, 791, 1001, 1002, 1003, 1009, 1010, 1011, 1012, 1014, 1015, 1016, 1017, 1018, 1019, 1027, 1028, 1041, 651, 1040,
  775, 629, 719, 1182, 1183, 1187, 1231, 1270, 1561, 1563, 2951, 3905, 3907, 3909, 3911, 3913, 3927, 6150, 6151, 6152,
  6153, 6155, 6157, 4073, 3221, 3643, 3645, 271, 2207, 2208, 2209, 2210, 2211, 4090, 4097, 4192, 3735, 3770, 1008, 1006,
  1013, 2949, 1034, 2201, 5039,
])

/** The one type whose array elements are separated by semicolons: `box`. */
const BOX_ARRAY = 1020

/** How the text of a value is read. */
export type TypeShape =
  { readonly kind: ScalarKind } | { readonly kind: 'array'; readonly delimiter: string; readonly element: TypeShape }

const TEXT: TypeShape = { kind: 'text' }

/**
 * Maximum nesting of array types. An array of a domain over an array is an array of arrays, and Postgres sets no limit to this. Arrays that
 * nest deeper stay text, so that an event never nests more deeply than the router accepts.
 */
const MAX_ARRAYS = 2

/** How a column's text is read: by its type, or by what the catalogue says of a type that the database defines for itself. */
export const shapeOf = (column: Pick<Column, 'typeOid' | 'type'>): TypeShape =>
  column.type === undefined ? builtInShape(column.typeOid) : catalogueShape(column.type, MAX_ARRAYS)

function catalogueShape(type: CatalogueType, arraysLeft: number): TypeShape {
  switch (type.kind) {
    case 'scalar': {
      const shape = builtInShape(type.typeOid)
      return shape.kind === 'array' && arraysLeft === 0 ? TEXT : shape
    }
    case 'hstore':
      return { kind: 'hstore' }
    case 'array': {
      if (arraysLeft === 0) return TEXT
      return { kind: 'array', delimiter: type.delimiter, element: catalogueShape(type.element, arraysLeft - 1) }
    }
  }
}

function builtInShape(typeOid: number): TypeShape {
  const scalar = SCALARS.get(typeOid)
  if (scalar) return { kind: scalar }
  const element = ARRAYS.get(typeOid)
  if (element) return { kind: 'array', delimiter: ',', element: { kind: element } }
  if (TEXT_ARRAYS.has(typeOid)) return { kind: 'array', delimiter: ',', element: TEXT }
  return typeOid === BOX_ARRAY ? { kind: 'array', delimiter: ';', element: TEXT } : TEXT
}
