import { HOSTILE_TABLES } from '../pim/tables.mjs'

/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/** Settings that decide how a server prints values and where it looks up names. None of them may change an event. */
const SETTINGS = [
  ['datestyle', `'German, DMY'`],
  ['datestyle', `'SQL, MDY'`],
  ['intervalstyle', `'sql_standard'`],
  ['intervalstyle', `'iso_8601'`],
  ['bytea_output', `'escape'`],
  ['extra_float_digits', `'-12'`],
  ['timezone', `'Asia/Kolkata'`],
  ['search_path', `'nowhere'`],
]

/** Changes a default of the database or of the role, which applies to new sessions. @type {Act} */
const settings = {
  kind: 'settings',
  moment: 'any',
  async act(site) {
    const { chance, client, world } = site
    const { rows } = await client.query(
      'SELECT quote_ident(current_database()) AS database, quote_ident(current_user) AS role',
    )
    const { database, role } = rows[0]
    const target = chance.isBelow(0.5) ? `DATABASE ${database}` : `ROLE ${role} IN DATABASE ${database}`
    const [name, value] = /** @type {[string, string]} */ (chance.pick(SETTINGS))
    if (!(await site.run(`ALTER ${target} SET ${name} TO ${value}`))) return null
    const isAtOnce = chance.isBelow(0.7)
    if (isAtOnce) await reconnect(site)
    site.later({
      kind: 'settings',
      afterMs: chance.between(500, 12_000),
      act: async () => ((await site.run(`ALTER ${target} RESET ${name}`)) ? `${target}: ${name} was reset` : null),
    })
    return `${target} has ${name} ${value}${isAtOnce ? ', and the event-producer must reconnect' : ''} (${world.slot})`
  },
}

/** @param {Site} site */
const reconnect = ({ client }) =>
  client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'hooklane-event-producer%'`,
  )

/** Truncates a table: alone, or in one transaction with row changes before and after. @type {Act} */
const truncate = {
  kind: 'truncate',
  moment: 'any',
  async act(site) {
    const { chance } = site
    const { name } = chance.pick(HOSTILE_TABLES)
    const before = chance.isBelow(0.3)
      ? [`DELETE FROM public.${name} WHERE ctid IN (SELECT ctid FROM public.${name} LIMIT 3)`]
      : []
    const statements = [...before, `TRUNCATE public.${name}`]
    if (chance.isBelow(0.4) && name === 'price')
      statements.push(
        `INSERT INTO public.price (tenant, code, company_id, amount) VALUES ('north', 'C1', 'cmp_a', 1.5)`,
      )
    return (await site.run(...statements)) ? `${name} truncated` : null
  },
}

/** @type {readonly Act[]} */
export const SETTING_ACTS = [settings, truncate]
