import { HOSTILE_TABLES } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/** SQLSTATEs of a statement that finds done what it wants to do. */
const DONE_ALREADY = new Set(['42710', '42704'])

/** @param {Site} site @param {string} statement @returns {Promise<boolean>} whether it did something */
async function change(site, statement) {
  try {
    return await site.run(statement)
  } catch (error) {
    if (DONE_ALREADY.has(/** @type {{ code: string }} */ (error).code)) return false
    throw error
  }
}

/** A table is taken out of the publication by hand, and put back: for a moment, or until somebody notices. @type {Act} */
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
          ? `${table} is in the publication again`
          : null,
    })
    return `${table} taken out of the publication`
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

/** The publication leaves something out for a while. @type {Act} */
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
    return `the publication has ${narrower}`
  },
}

/** @type {readonly Act[]} */
export const PUBLICATION_ACTS = [tables, options]
