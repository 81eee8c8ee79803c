import { HOSTILE_TABLES } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/** A table is taken out of the capture file, and put back some starts later. @type {Act} */
const tables = {
  kind: 'fileTables',
  moment: 'stopped',
  async act(site) {
    const { chance, world } = site
    const { file } = world
    const named = HOSTILE_TABLES.filter(({ name }) => !file.left.has(name))
    if (named.length < 4) return null
    const { name } = chance.pick(named)
    file.left.add(name)
    site.later({
      kind: 'fileTables',
      moment: 'stopped',
      afterMs: chance.between(0, 15_000),
      act: () => {
        file.left.delete(name)
        return Promise.resolve(`${name} is in the file again`)
      },
    })
    return Promise.resolve(`${name} taken out of the file`)
  },
}

/** Columns that a file may or may not omit or ignore. */
const OPTIONAL = [
  { table: 'item', omit: 'note', ignore: 'day', keys: ['sku', 'name'] },
  { table: 'product', omit: 'note', ignore: 'updated_by', keys: ['sku', 'note'] },
  { table: 'doc', omit: 'title', ignore: 'title', keys: ['title', null] },
  { table: 'price', omit: 'currency', ignore: 'margin', keys: [null, 'currency'] },
]

/** The file says something else of a table's columns. @type {Act} */
const columns = {
  kind: 'fileColumns',
  moment: 'stopped',
  act(site) {
    const { chance, shapes, world } = site
    const { table, omit, ignore, keys } = chance.pick(OPTIONAL)
    const meaning = world.file.meaningOf(table)
    const what = chance.pick(/** @type {const} */ (['omit', 'ignore', 'key']))
    if (what === 'key') {
      const wanted = chance.pick(keys)
      const key = wanted === null ? null : shapes.nameNow(table, wanted)
      if (key === meaning.key) return Promise.resolve(null)
      meaning.key = key
      return Promise.resolve(`${table} has the key ${key} in the file`)
    }
    const column = shapes.nameNow(table, what === 'omit' ? omit : ignore)
    if (column === null) return Promise.resolve(null)
    const list = meaning[what]
    meaning[what] = list.includes(column) ? list.filter((name) => name !== column) : [...list, column]
    return Promise.resolve(`the file ${list.includes(column) ? 'no longer ' : ''}says ${what} of ${table}.${column}`)
  },
}

/** A person starts over, although there is no need. @type {Act} */
const epoch = {
  kind: 'epochRaised',
  moment: 'stopped',
  act({ world }) {
    world.file.epoch += 1
    return Promise.resolve(`epoch ${world.file.epoch}`)
  },
}

/** The slot is dropped and made again by hand: what it held is gone. @type {Act} */
const slot = {
  kind: 'slotRemade',
  moment: 'stopped',
  async act({ client, world }) {
    const { rows } = await client.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [world.slot])
    if (rows[0]?.active !== false) return null
    await client.query('SELECT pg_drop_replication_slot($1)', [world.slot])
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [world.slot])
    return 'the slot was made again'
  },
}

/** @type {readonly Act[]} */
export const FILE_ACTS = [tables, columns, epoch, slot]
