import { FIRST_PARTITIONS, TABLES, tableNamed } from './tables.mjs'

/**
 * Reads the tables and their rows at the beginning of a run. No transaction may commit between the creation of the judge's replication slot
 * and this call.
 *
 * @param {import('pg').Client} client
 */
export async function relationsNow(client) {
  const relations = TABLES.map(({ name, id, columns }) => ({
    name,
    id,
    columns: typesOf(columns),
    parent: /** @type {string | null} */ (null),
  }))
  const event = tableNamed('ev')
  for (const { name, parent } of FIRST_PARTITIONS)
    relations.push({ name, id: event.id, columns: typesOf(event.columns), parent })
  const rows = /** @type {Record<string, Record<string, string | null>[]>} */ ({})
  for (const { name } of TABLES) {
    for (const { leaf, ...row } of await readRows(client, name)) (rows[String(leaf)] ??= []).push(row)
  }
  return { relations, rows }
}

/** Reads the rows at the end of a run, by captured table. @param {import('pg').Client} client */
export async function finalRows(client) {
  const rows = /** @type {Record<string, Record<string, string | null>[]>} */ ({})
  for (const { name } of TABLES) rows[name] = (await readRows(client, name)).map(({ leaf: _leaf, ...row }) => row)
  return rows
}

/**
 * Reads every value as text, as the log prints it.
 *
 * @param {import('pg').Client} client
 * @param {string} table
 * @returns {Promise<Record<string, string | null>[]>}
 */
async function readRows(client, table) {
  const { rows: columns } = await client.query(
    `SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [`public.${table}`],
  )
  const list = columns.map(({ name }) => `${name}::text`).join(', ')
  const from = `(SELECT relname FROM pg_class WHERE oid = t.tableoid)::text AS leaf`
  return (await client.query(`SELECT ${list}, ${from} FROM public.${table} t`)).rows
}

/** The types as the log prints them, without modifiers such as `(14,4)`. @param {Readonly<Record<string, { type: string }>>} columns */
const typesOf = (columns) =>
  Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type.replace(/\(.*\)/, '')]))
