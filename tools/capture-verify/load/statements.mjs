import { HOSTILE_TABLES } from '../pim/tables.mjs'

/**
 * Random row changes in the PIM. Their ids are chosen without checking which rows exist: an insert of an existing row updates the row, and
 * a change of a missing row does nothing.
 *
 * @typedef {{ sql: string, values: unknown[] }} Statement
 * @typedef {import('../pim/tables.mjs').TableSpec} TableSpec
 *
 * @typedef {object} Source
 * @property {import('../chance.mjs').Chance} chance
 * @property {import('../pim/shapes.mjs').Shapes} shapes
 * @property {import('../pim/values.mjs').World} world
 * @property {boolean} withDeferredKeys
 */

const DEFERRED = 'place'

/** @param {Source} source @returns {Statement[]} */
export function someStatements(source) {
  const { chance, withDeferredKeys } = source
  const table = chance.pick(HOSTILE_TABLES)
  const dice = chance.next()
  if (table.name === DEFERRED && withDeferredKeys && dice < 0.4) return exchangeKeys(source)
  if (dice < 0.4) return [insert(source, table)]
  if (dice < 0.72) return [update(source, table)]
  if (dice < 0.8) return [remove(source, table)]
  if (dice < 0.86) return [moveToCompany(source, table)]
  if (dice < 0.92)
    return table.name === DEFERRED && !withDeferredKeys ? [update(source, table)] : [changeKey(source, table)]
  if (dice < 0.96) return [touchMany(source, table)]
  // Insert, update and delete of one row must give no event. Delete and insert must give one update.
  const id = table.makeId(chance)
  return chance.isBelow(0.5)
    ? [insert(source, table, id), update(source, table, id), remove(source, table, id)]
    : [remove(source, table, id), insert(source, table, id)]
}

/** @param {Source} source @param {TableSpec} table @returns {Statement} */
export function insert({ chance, shapes, world }, table, id = table.makeId(chance)) {
  const values = /** @type {unknown[]} */ ([])
  const columns = shapes.columns(table.name).map(({ name, origin, make }) => {
    const place = table.id.indexOf(origin)
    values.push(place >= 0 ? id[place] : make(chance, world))
    return name
  })
  const places = values.map((_, index) => `$${index + 1}`).join(', ')
  const into = `INSERT INTO public.${table.name} (${columns.join(', ')})`
  const others = columns.filter((column) => !table.id.includes(column))
  // ON CONFLICT cannot use a deferrable key.
  if (table.keyOptions)
    return {
      sql: `${into} SELECT ${casts(table, shapes)} WHERE NOT EXISTS (SELECT FROM public.${table.name} WHERE id = $1)`,
      values,
    }
  const update = others.map((column) => `${column} = excluded.${column}`).join(', ')
  return { sql: `${into} VALUES (${places}) ON CONFLICT (${table.id.join(', ')}) DO UPDATE SET ${update}`, values }
}

/** Updates some columns of one row. @param {Source} source @param {TableSpec} table @returns {Statement} */
export function update({ chance, shapes, world }, table, id = table.makeId(chance)) {
  const free = shapes.columns(table.name).filter(({ origin }) => !table.id.includes(origin) && origin !== 'company_id')
  const wanted = chance.between(1, 3)
  const chosen = new Set(Array.from({ length: wanted }, () => chance.pick(free)))
  return updateOf(
    table,
    id,
    [...chosen].map(({ name, make }) => [name, make(chance, world)]),
  )
}

/** @param {Source} source @param {TableSpec} table @returns {Statement} */
function remove({ chance }, table, id = table.makeId(chance)) {
  return { sql: `DELETE FROM public.${table.name} WHERE ${whereId(table, 1)}`, values: id }
}

/** @param {Source} source @param {TableSpec} table @returns {Statement} */
function moveToCompany({ chance, shapes, world }, table) {
  const column = shapes.column(table.name, 'company_id')
  return updateOf(table, table.makeId(chance), [['company_id', column?.make(chance, world)]])
}

/** @param {Source} source @param {TableSpec} table @returns {Statement} */
function changeKey({ chance }, table) {
  const now = table.makeId(chance)
  return updateOf(
    table,
    table.makeId(chance),
    table.id.map((column, index) => [column, now[index]]),
  )
}

/** Updates up to forty rows of a company. @param {Source} source @param {TableSpec} table @returns {Statement} */
function touchMany({ chance, shapes, world }, table) {
  const free = shapes.columns(table.name).filter(({ origin }) => !table.id.includes(origin) && origin !== 'company_id')
  const { name, make } = chance.pick(free)
  const ids = table.id.join(', ')
  const some = `SELECT ${ids} FROM public.${table.name} WHERE company_id = $2 ORDER BY md5(${table.id[0]}::text || $3) LIMIT ${chance.between(5, 40)}`
  const values = [make(chance, world), chance.pick(world.companies), String(chance.between(1, 1000))]
  return { sql: `UPDATE public.${table.name} SET ${name} = $1 WHERE (${ids}) IN (${some})`, values }
}

/**
 * Two or three rows exchange their ids, or one row takes the id of another row, which is deleted.
 *
 * @param {Source} source
 * @returns {Statement[]}
 */
function exchangeKeys({ chance, shapes, world }) {
  const [a, b, c] = /** @type {[number, number, number]} */ ([
    chance.between(1, 60),
    chance.between(61, 120),
    chance.between(121, 200),
  ])
  const label = shapes.column(DEFERRED, 'label')
  const change = label === null ? 'secret_hint = secret_hint' : `${label.name} = $1`
  const value = label === null ? [] : [label.make(chance, world)]
  const statement = (/** @type {string} */ sql, /** @type {unknown[]} */ values = []) => ({ sql: `${sql}`, values })
  const exchange = statement(`UPDATE public.place SET id = ${a + b} - id WHERE id IN (${a}, ${b})`)
  return chance.pick([
    () => [exchange],
    () => [exchange, statement(`DELETE FROM public.place WHERE id = ${b}`)],
    () => [
      statement(
        `UPDATE public.place SET id = CASE id WHEN ${a} THEN ${b} WHEN ${b} THEN ${c} ELSE ${a} END WHERE id IN (${a}, ${b}, ${c})`,
      ),
    ],
    () => [exchange, statement(`UPDATE public.place SET ${change} WHERE id = ${a}`, value), exchange],
    () => [
      statement(`UPDATE public.place SET id = ${a} WHERE id = ${b}`),
      statement(
        `DELETE FROM public.place WHERE ctid = (SELECT min(ctid) FROM public.place WHERE id = ${a} HAVING count(*) > 1)`,
      ),
    ],
  ])()
}

/** @param {TableSpec} table @param {unknown[]} id @param {[string, unknown][]} sets @returns {Statement} */
function updateOf(table, id, sets) {
  const list = sets.map(([column], index) => `${column} = $${index + 1}`).join(', ')
  return {
    sql: `UPDATE public.${table.name} SET ${list} WHERE ${whereId(table, sets.length + 1)}`,
    values: [...sets.map(([, value]) => value), ...id],
  }
}

/** @param {TableSpec} table @param {number} from */
const whereId = (table, from) => table.id.map((column, index) => `${column} = $${from + index}`).join(' AND ')

/**
 * Each parameter names its type, because a SELECT has no target column from which PostgreSQL could infer it.
 *
 * @param {TableSpec} table
 * @param {import('../pim/shapes.mjs').Shapes} shapes
 */
const casts = ({ name }, shapes) =>
  shapes
    .columns(name)
    .map(({ type }, index) => `$${index + 1}::${type}`)
    .join(', ')
