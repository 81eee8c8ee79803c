/** The ids of the rows that only large transactions change. */
const FIRST_ID = 1_000_000
const IDS = 30_000

/**
 * Commits a transaction of thousands of rows: an import into two tables, a mass edit or a mass deletion.
 *
 * @param {import('pg').Client} client
 * @param {{ source: import('./statements.mjs').Source, rows: number, onXid?: (xid: string) => void }} options - `onXid`: called before the commit.
 * @returns {Promise<{ xid: string, rows: number }>} the transaction, and how many rows it has changed
 */
export async function commitLarge(client, { source, rows, onXid = () => {} }) {
  const { chance } = source
  await client.query('BEGIN')
  try {
    const xid = (await client.query('SELECT pg_current_xact_id()::text AS xid')).rows[0].xid
    const from = FIRST_ID + chance.between(0, IDS - rows)
    let changed = 0
    for (const sql of statementsOf(source, from, rows)) changed += (await client.query(sql)).rowCount ?? 0
    onXid(xid)
    await client.query('COMMIT')
    return { xid, rows: changed }
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** @param {import('./statements.mjs').Source} source @param {number} from @param {number} rows @returns {string[]} */
function statementsOf({ chance, shapes, world }, from, rows) {
  const companies = `(ARRAY['${world.companies.join("','")}'])[1 + g % ${world.companies.length}]`
  const mark = chance.between(1, 1_000_000)
  const dice = chance.next()
  const ids = `id BETWEEN ${from} AND ${from + rows - 1}`
  const quantity = shapes.column('item', 'quantity')?.name
  if (dice < 0.15) return [`DELETE FROM public.item WHERE ${ids}`]
  if (dice < 0.3 && quantity)
    return [`UPDATE public.item SET ${quantity} = coalesce(${quantity}, 0) + 1, name = 'edit ${mark}' WHERE ${ids}`]
  const columns = ['id', 'company_id', 'name']
  const values = ['g', companies, `'import ${mark} ' || g`]
  const secret = shapes.column('item', 'secret_cost')?.name
  if (secret) {
    columns.push(secret)
    values.push(`'${world.token}-' || g`)
  }
  const set = columns.slice(1).map((column) => `${column} = excluded.${column}`)
  const prices = Math.min(600, Math.floor(rows / 5))
  return [
    `INSERT INTO public.item (${columns.join(', ')}) SELECT ${values.join(', ')} FROM generate_series(${from}, ${from + rows - prices - 1}) g
     ON CONFLICT (id) DO UPDATE SET ${set.join(', ')}`,
    `INSERT INTO public.price (tenant, code, company_id, amount) SELECT 'import', 'L' || g, ${companies}, g * 1.10 FROM generate_series(1, ${prices}) g
     ON CONFLICT (tenant, code) DO UPDATE SET company_id = excluded.company_id, amount = price.amount + 0.01`,
  ]
}
