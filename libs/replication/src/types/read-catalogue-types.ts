import type { CatalogueType } from '@hooklane/core/capture'
import type { Client } from 'pg'

/** Types with a lower OID are built in and have the same OID in every database. Other types get an OID when they are created. */
export const FIRST_NOT_BUILT_IN_OID = 10_000

/** A type as the WAL names it. */
export interface LoggedType {
  readonly oid: number
  /** Its name when the change was logged; for a domain, the name of its base type. Null: unknown. */
  readonly name: { readonly schema: string; readonly name: string } | null
}

/** One type of the catalogue. */
interface TypeRow {
  /** Base type of a domain; 0: the type is not a domain. */
  readonly base: number
  /** Element type of an array; 0: the type is not an array. */
  readonly element: number
  readonly delimiter: string
  readonly isHstore: boolean
}

/**
 * A type counts as an array only if it is the array type (`typarray`) of its element type, because only such types print `{…}`. Types like
 * `point` have elements, too. The type hstore is recognised by its extension, because an extension may be in any schema.
 */
const TYPES = `
  SELECT t.oid::int8 AS oid, t.typbasetype::int8 AS base, coalesce(e.oid, 0)::int8 AS element, coalesce(e.typdelim, ',')::text AS delimiter,
         EXISTS (SELECT FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                 WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_extension'::regclass
                   AND d.deptype = 'e' AND x.extname = 'hstore' AND t.typname = 'hstore') AS is_hstore
  FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  WHERE t.oid = ANY ($1::oid[])`

const NAMESAKES = `
  SELECT asked.oid::int8 AS asked, t.oid::int8 AS oid
  FROM unnest($1::oid[], $2::text[], $3::text[]) AS asked (oid, schema, name)
  JOIN pg_namespace n ON n.nspname = asked.schema JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = asked.name`

/**
 * Reads types from the catalogue. A type that no longer exists is read as the type that has its name now (its namesake), because the
 * successor of a type takes over its name. A type without a namesake is missing in the result.
 */
export async function readCatalogueTypes(
  client: Client,
  types: readonly LoggedType[],
): Promise<ReadonlyMap<number, CatalogueType>> {
  const rows = new Map<number, TypeRow>()
  await readInto(
    rows,
    client,
    types.map(({ oid }) => oid),
  )
  const namesakes = await readNamesakes(
    client,
    types.filter(({ oid }) => !rows.has(oid)),
  )
  await readInto(rows, client, [...namesakes.values()])
  const found = new Map<number, CatalogueType>()
  for (const { oid } of types) {
    const base = namesakes.get(oid) ?? oid
    if (base < FIRST_NOT_BUILT_IN_OID || rows.has(base)) found.set(oid, typeOf(base, rows))
  }
  return found
}

/** Reads the types, and all types that they are based on or have as elements. */
async function readInto(rows: Map<number, TypeRow>, client: Client, oids: readonly number[]): Promise<void> {
  for (let left = [...oids]; left.length > 0;) {
    const { rows: read } = await client.query<{
      oid: string
      base: string
      element: string
      delimiter: string
      is_hstore: boolean
    }>(TYPES, [left])
    for (const row of read) {
      const { delimiter, is_hstore: isHstore } = row
      rows.set(Number(row.oid), { base: Number(row.base), element: Number(row.element), delimiter, isHstore })
    }
    left = read
      .flatMap((row) => [Number(row.base), Number(row.element)])
      .filter((oid) => oid >= FIRST_NOT_BUILT_IN_OID && !rows.has(oid))
  }
}

/** Oid of a type that no longer exists → oid of the type that has its name now. */
async function readNamesakes(client: Client, gone: readonly LoggedType[]): Promise<ReadonlyMap<number, number>> {
  const named = gone.flatMap(({ oid, name }) => (name ? [{ oid, ...name }] : []))
  if (named.length === 0) return new Map()
  const { rows } = await client.query<{ asked: string; oid: string }>(NAMESAKES, [
    named.map(({ oid }) => oid),
    named.map(({ schema }) => schema),
    named.map(({ name }) => name),
  ])
  return new Map(rows.map(({ asked, oid }) => [Number(asked), Number(oid)]))
}

/** The recursion ends, because types in the catalogue do not form cycles. */
function typeOf(oid: number, rows: ReadonlyMap<number, TypeRow>): CatalogueType {
  const row = rows.get(oid)
  if (!row) return { kind: 'scalar', typeOid: oid }
  if (row.isHstore) return { kind: 'hstore' }
  if (row.base !== 0) return typeOf(row.base, rows)
  if (row.element === 0) return { kind: 'scalar', typeOid: oid }
  return { kind: 'array', delimiter: row.delimiter, element: typeOf(row.element, rows) }
}
