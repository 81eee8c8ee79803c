import { HOSTILE_TABLES } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/** SQLSTATEs that mean that the change was already made: the object already exists, or no longer exists. */
const DONE_ALREADY = new Set(['42710', '42704'])

/** @param {Site} site @param {string} statement @returns {Promise<boolean>} whether it changed anything */
async function change(site, statement) {
  try {
    return await site.run(statement)
  } catch (error) {
    if (DONE_ALREADY.has(/** @type {{ code: string }} */ (error).code)) return false
    throw error
  }
}

/** Removes a table from the publication. Adds it again at once, or so late that the event-producer notices. @type {Act} */
const tables = {
  kind: 'publicationTables',
  moment: 'any',
  async act(site) {
    const { chance, world } = site
    const table = chance.pick(HOSTILE_TABLES).name
    if (!(await change(site, `ALTER PUBLICATION "${world.publication}" DROP TABLE public.${table}`))) return null
    site.later({
      kind: 'publicationTables',
      afterMs: chance.isBelow(0.5) ? chance.between(50, 900) : chance.between(1_000, 8_000),
      act: async () =>
        (await change(site, `ALTER PUBLICATION "${world.publication}" ADD TABLE public.${table}`))
          ? `${table} added to the publication again`
          : null,
    })
    return `${table} removed from the publication`
  },
}

const WHOLE = `publish = 'insert, update, delete, truncate', publish_via_partition_root = true`

/** @type {readonly string[]} */
const NARROWER = [
  `publish = 'insert'`,
  `publish = 'insert, update'`,
  `publish = 'update, delete, truncate'`,
  `publish_via_partition_root = false`,
]

/** Narrows the options of the publication for a while. @type {Act} */
const options = {
  kind: 'publicationOptions',
  moment: 'any',
  async act(site) {
    const { chance, world } = site
    const name = `"${world.publication}"`
    const narrower = chance.pick(NARROWER)
    if (!(await change(site, `ALTER PUBLICATION ${name} SET (${narrower})`))) return null
    site.later({
      kind: 'publicationOptions',
      afterMs: chance.isBelow(0.5) ? chance.between(50, 900) : chance.between(1_000, 8_000),
      act: async () =>
        (await change(site, `ALTER PUBLICATION ${name} SET (${WHOLE})`)) ? 'the publication is whole again' : null,
    })
    return `the publication was set to ${narrower}`
  },
}

/** @type {readonly Act[]} */
export const PUBLICATION_ACTS = [tables, options]
