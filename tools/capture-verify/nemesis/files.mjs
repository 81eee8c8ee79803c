import { HOSTILE_TABLES } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/** Removes a table from the capture file, and adds it again while the event-producer is stopped the next time or later. @type {Act} */
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
        return Promise.resolve(`${name} added to the file again`)
      },
    })
    return Promise.resolve(`${name} removed from the file`)
  },
}

/** By table: the column that the file may omit, the column that it may ignore, and the columns that may be its key. */
const OPTIONAL = [
  { table: 'item', omit: 'note', ignore: 'day', keys: ['sku', 'name'] },
  { table: 'product', omit: 'note', ignore: 'updated_by', keys: ['sku', 'note'] },
  { table: 'doc', omit: 'title', ignore: 'title', keys: ['title', null] },
  { table: 'price', omit: 'currency', ignore: 'margin', keys: [null, 'currency'] },
]

/** Changes `omit`, `ignore` or `key` of a table in the capture file. @type {Act} */
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
      return Promise.resolve(`the key of ${table} is ${key} in the file`)
    }
    const column = shapes.nameNow(table, what === 'omit' ? omit : ignore)
    if (column === null) return Promise.resolve(null)
    const list = meaning[what]
    meaning[what] = list.includes(column) ? list.filter((name) => name !== column) : [...list, column]
    return Promise.resolve(`the file ${list.includes(column) ? 'no longer ' : ''}has ${table}.${column} under ${what}`)
  },
}

/** Raises the epoch, so that the source starts over although nothing requires it. @type {Act} */
const epoch = {
  kind: 'epochRaised',
  moment: 'stopped',
  act({ world }) {
    world.file.epoch += 1
    return Promise.resolve(`epoch ${world.file.epoch}`)
  },
}

/** Drops the replication slot and creates it again, so that the changes that the old slot held can no longer be read. @type {Act} */
const slot = {
  kind: 'slotRemade',
  moment: 'stopped',
  async act({ client, world }) {
    const { rows } = await client.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [world.slot])
    if (rows[0]?.active !== false) return null
    await client.query('SELECT pg_drop_replication_slot($1)', [world.slot])
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [world.slot])
    return 'the slot was dropped and created again'
  },
}

/** @type {readonly Act[]} */
export const FILE_ACTS = [tables, columns, epoch, slot]
