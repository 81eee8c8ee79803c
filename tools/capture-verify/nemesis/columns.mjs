import * as make from '../pim/values.mjs'
import { HOSTILE_TABLES, tableNamed } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site @typedef {import('../pim/shapes.mjs').LiveColumn} LiveColumn */

/** How many columns a run may add to one table. The number is small, because each column makes every row longer. */
const MAX_EXTRA = 3

/** Tables whose columns may change. A partitioned table is excluded, because its detached partitions would have to be changed, too. */
const TABLES = HOSTILE_TABLES.filter(({ partitioning }) => partitioning === undefined)

/** @type {Act} */
const add = {
  kind: 'columnAdd',
  moment: 'any',
  async act(site) {
    const { chance, shapes } = site
    const { name: table, changeable } = chance.pick(TABLES)
    const gone = changeable.filter((origin) => shapes.column(table, origin) === null)
    if (gone.length > 0) return addColumn(site, table, shapes.original(table, chance.pick(gone)), '')
    if (shapes.columns(table).filter(({ origin }) => origin.startsWith('extra')).length >= MAX_EXTRA) return null
    const name = `extra_${Date.now().toString(36)}`
    const [type, maker, standard] = chance.pick([
      ['integer', make.nullable(make.count), ' DEFAULT 7'],
      ['text', make.nullable(make.words), ` DEFAULT 'given'`],
      ['jsonb', make.nullable(make.json), ''],
    ])
    return addColumn(site, table, { origin: name, name, type, make: maker }, standard)
  },
}

/** @param {Site} site @param {string} table @param {LiveColumn} column @param {string} standard - The SQL of a default, or ''. */
export async function addColumn(site, table, column, standard) {
  const { name, type } = column
  const isAdded = await site.alter(
    { did: 'addColumn', table, column: name, type },
    `ALTER TABLE public.${table} ADD COLUMN ${name} ${type}${standard}`,
  )
  if (!isAdded) return null
  site.shapes.add(table, column)
  return `${table}.${name} added`
}

/** @param {Site} site @param {string[]} origins @param {string} table @returns {LiveColumn | null} */
function someColumn({ shapes, chance }, table, origins) {
  const found = shapes.columns(table).filter(({ origin }) => origins.includes(origin) || origin.startsWith('extra'))
  return found.length === 0 ? null : chance.pick(found)
}

/** @type {Act} */
const drop = {
  kind: 'columnDrop',
  moment: 'any',
  async act(site) {
    const { name: table, changeable } = site.chance.pick(TABLES)
    const column = someColumn(site, table, changeable)
    if (column === null) return null
    const { name, origin } = column
    const note = { did: 'dropColumn', table, column: name }
    if (!(await site.alter(note, `ALTER TABLE public.${table} DROP COLUMN ${name}`))) return null
    site.shapes.drop(table, origin)
    return `${table}.${name} dropped`
  },
}

/** @type {Act} */
const renameAct = {
  kind: 'columnRename',
  moment: 'any',
  async act(site) {
    const { name: table, changeable } = site.chance.pick(TABLES)
    const column = someColumn(site, table, changeable)
    if (column === null) return null
    return renameColumn(site, table, column, `${column.origin}_${Date.now().toString(36)}`)
  },
}

/** @param {Site} site @param {string} table @param {LiveColumn} column @param {string} to */
export async function renameColumn(site, table, column, to) {
  const { name } = column
  const note = { did: 'renameColumn', table, column: name, to }
  if (!(await site.alter(note, `ALTER TABLE public.${table} RENAME COLUMN ${name} TO ${to}`))) return null
  site.shapes.rename(table, column, to)
  return `${table}.${name} renamed to ${to}`
}

/** @type {Act} */
const changeType = {
  kind: 'columnType',
  moment: 'any',
  async act(site) {
    const { chance, shapes } = site
    const { name: table, columns } = chance.pick(TABLES)
    const turning = shapes.columns(table).filter(({ origin }) => columns[origin]?.other !== undefined)
    if (turning.length === 0) return null
    const column = chance.pick(turning)
    const spec = tableNamed(table).columns[column.origin]
    const type = column.type === spec?.type ? /** @type {string} */ (spec.other) : /** @type {string} */ (spec?.type)
    const isTurned = await site.alter(
      { did: 'typeColumn', table, column: column.name, type },
      `ALTER TABLE public.${table} ALTER COLUMN ${column.name} TYPE ${type} USING ${column.name}::${type}`,
    )
    if (!isTurned) return null
    column.type = type
    return `${table}.${column.name} changed to type ${type}`
  },
}

/** Lets a table log only the key of an old row for a while, and then whole rows again. @type {Act} */
const replicaIdentity = {
  kind: 'replicaIdentity',
  moment: 'any',
  async act(site) {
    const { chance } = site
    // `place` is left out: its deferrable key cannot be the replica identity, so every UPDATE would fail without FULL.
    const table = chance.pick(['item', 'price', 'product', 'doc', 'ev_0', 'ev_1_n'])
    if (!(await site.run(`ALTER TABLE public.${table} REPLICA IDENTITY DEFAULT`))) return null
    site.later({
      kind: 'replicaIdentity',
      afterMs: chance.isBelow(0.5) ? chance.between(50, 700) : chance.between(1_000, 6_000),
      act: async () =>
        (await site.run(`ALTER TABLE public.${table} REPLICA IDENTITY FULL`)) ? `${table} logs whole rows again` : null,
    })
    return `${table} logs only keys`
  },
}

/** @type {readonly Act[]} */
export const COLUMN_ACTS = [add, drop, renameAct, changeType, replicaIdentity]
