/** @typedef {import('./site.mjs').Act} Act @typedef {import('./site.mjs').Site} Site */

/**
 * A table that the run created, either as a partition of `ev` or to attach it to `ev` later. The first partitions of `ev` are not included.
 *
 * @typedef {{ name: string, from: number, isAttached: boolean, changedAt: number }} Partition
 */

/** Each partition that the run creates covers WIDTH buckets, from one of STARTS. The first partitions cover the buckets below 20. */
const WIDTH = 5
const STARTS = Array.from({ length: 16 }, (_, nth) => 20 + nth * WIDTH)
/**
 * The source must have been ready this long after a partition was attached, before the partition is detached, truncated or dropped. In this
 * time, the event-producer checks the catalogue a few times. A partition that is attached and detached between two checks leaves no trace
 * in the catalogue, so the event-producer cannot announce it.
 */
const SEEN_AFTER_MS = 2_500
/** How many tables may wait to be attached as a partition. */
const MAX_LOOSE = 2

/** @param {Site} site @returns {Partition[]} */
const all = ({ partitions }) => [...partitions.values()]

/** @param {Site} site @returns {number | null} the first bucket of a range that no partition covers */
function freeStart(site) {
  const taken = new Set(
    all(site)
      .filter(({ isAttached }) => isAttached)
      .map(({ from }) => from),
  )
  const free = STARTS.filter((start) => !taken.has(start))
  return free.length === 0 ? null : site.chance.pick(free)
}

/** @param {Site} site @param {boolean} isAttached @returns {Partition | null} */
function somePartition(site, isAttached) {
  const found = all(site).filter(
    (partition) =>
      partition.isAttached === isAttached && (!isAttached || site.readyAt > partition.changedAt + SEEN_AFTER_MS),
  )
  return found.length === 0 ? null : site.chance.pick(found)
}

/** @param {number} from */
const bounds = (from) => `FOR VALUES FROM (${from}) TO (${from + WIDTH})`
/** @param {Site} site */
const newName = (site) => `ev_x${all(site).length + 1}_${Date.now().toString(36)}`

const COMPANY_IDENTITY = ['bucket', 'region', 'id', 'company_id']

/**
 * The statements that set the replica identity of a new partition, which decides how much of an old row PostgreSQL logs. `full`: the whole
 * row. `key`: only the id. `company`: only the id and the company, so the event-producer could wrongly publish a change without the other
 * old values.
 *
 * @type {Readonly<Record<'full' | 'key' | 'company', (name: string) => string[]>>}
 */
const IDENTITY = {
  full: (name) => [`ALTER TABLE public.${name} REPLICA IDENTITY FULL`],
  key: () => [],
  company: (name) => [
    `ALTER TABLE public.${name} ALTER COLUMN company_id SET NOT NULL`,
    `CREATE UNIQUE INDEX ${name}_of ON public.${name} (${COMPANY_IDENTITY.join(', ')})`,
    `ALTER TABLE public.${name} REPLICA IDENTITY USING INDEX ${name}_of`,
  ],
}

/** @param {Site} site @param {keyof typeof IDENTITY} identity @returns {Promise<string | null>} */
async function create(site, identity) {
  const from = freeStart(site)
  if (from === null) return null
  const name = newName(site)
  const statements = [`CREATE TABLE public.${name} PARTITION OF public.ev ${bounds(from)}`, ...IDENTITY[identity](name)]
  const note = { did: 'createPartition', table: name, parent: 'ev' }
  if (!(await site.alter(identity === 'company' ? { ...note, identity: COMPANY_IDENTITY } : note, ...statements)))
    return null
  site.partitions.set(name, { name, from, isAttached: true, changedAt: Date.now() })
  return `partition ${name} for buckets from ${from}${identity === 'full' ? '' : `, without FULL (${identity})`}`
}

/** @type {Act} */
const createFull = { kind: 'partitionCreate', moment: 'any', act: (site) => create(site, 'full') }
/**
 * Creates a partition without REPLICA IDENTITY FULL and, in most cases, changes and deletes some of its rows at once. If the partition gets
 * FULL before the event-producer checks the catalogue, only the log shows that the old rows of these changes are incomplete.
 *
 * @type {Act}
 */
const createBare = {
  kind: 'partitionCreateBare',
  moment: 'any',
  async act(site) {
    const made = await create(site, site.chance.pick(['key', 'company']))
    if (made === null || site.chance.isBelow(0.3)) return made
    const partition = /** @type {Partition} */ (all(site).at(-1))
    await fill(site, partition)
    await changeRows(site, partition)
    return `${made}, some of its rows changed at once`
  },
}

/** Attaches a table with rows as a partition: a new table, or a former partition. @type {Act} */
const attach = {
  kind: 'partitionAttach',
  moment: 'any',
  async act(site) {
    const loose = somePartition(site, false)
    const isTaken = all(site).some((other) => other.isAttached && other.from === loose?.from)
    const partition = loose && !isTaken ? loose : await loosePartition(site)
    if (partition === null) return null
    const { name, from } = partition
    const statement = `ALTER TABLE public.ev ATTACH PARTITION public.${name} ${bounds(from)}`
    if (!(await site.alter({ did: 'attach', table: name, parent: 'ev' }, statement))) return null
    Object.assign(partition, { isAttached: true, changedAt: Date.now() })
    return `${name} attached`
  },
}

/**
 * Called by an act that found no partition to change: creates one for the next time. Creates none if a partition is already attached.
 *
 * @param {Site} site
 * @returns {Promise<null>} null, because the act itself changed nothing
 */
async function prepare(site) {
  if (all(site).some(({ isAttached }) => isAttached)) return null
  const made = await create(site, 'full')
  if (made === null) return null
  site.count(createFull.kind)
  site.record(createFull.kind, made)
  await fill(site, /** @type {Partition} */ (all(site).at(-1)))
  return null
}

/** @param {Site} site @param {Partition} partition */
function fill(site, { name, from }) {
  const { chance } = site
  const { companies, token } = site.source.world
  const company = `(ARRAY['${companies.join("','")}'])[1 + g % ${companies.length}]`
  return site.run(
    `INSERT INTO public.${name} (bucket, region, id, company_id, what, secret_source)
     SELECT ${from} + g % ${WIDTH}, 'n', g, ${company}, 'waiting ' || g, '${token}-' || g FROM generate_series(1, ${chance.between(5, 60)}) g
     ON CONFLICT DO NOTHING`,
  )
}

/**
 * Deletes about a third of the rows and then, in most cases, changes another third in a second transaction. In a partition without FULL,
 * the log has no old row for an UPDATE, which is easy to notice. For a DELETE, the log has the key, which looks like an old row.
 *
 * @param {Site} site @param {Partition} partition
 */
async function changeRows(site, { from }) {
  const isOf = `bucket >= ${from} AND bucket < ${from + WIDTH}`
  await site.run(`DELETE FROM public.ev WHERE ${isOf} AND id % 3 = 0`)
  if (site.chance.isBelow(0.7))
    await site.run(`UPDATE public.ev SET what = what || ' changed' WHERE ${isOf} AND id % 3 = 1`)
}

/** Creates a table like `ev`, fills it with rows, and does not attach it yet. @param {Site} site @returns {Promise<Partition | null>} */
async function loosePartition(site) {
  const from = freeStart(site)
  if (from === null) return null
  const name = newName(site)
  const made = await site.alter(
    { did: 'createTable', table: name, like: 'ev' },
    `CREATE TABLE public.${name} (LIKE public.ev INCLUDING ALL)`,
    `ALTER TABLE public.${name} REPLICA IDENTITY FULL`,
  )
  if (!made) return null
  const partition = { name, from, isAttached: false, changedAt: Date.now() }
  site.partitions.set(name, partition)
  await fill(site, partition)
  return partition
}

/** Drops a table that waits to be attached, because too many tables wait. @param {Site} site @param {Partition} partition */
async function dropLoose(site, { name }) {
  if (!(await site.alter({ did: 'dropTable', table: name }, `DROP TABLE public.${name}`))) return
  site.partitions.delete(name)
  site.record(drop.kind, `${name} dropped, which was no partition any more`)
  site.count(drop.kind)
}

/** @type {Act} */
const detach = {
  kind: 'partitionDetach',
  moment: 'any',
  async act(site) {
    const partition = somePartition(site, true)
    if (partition === null) return prepare(site)
    const loose = all(site).filter(({ isAttached }) => !isAttached)
    if (loose.length >= MAX_LOOSE) await dropLoose(site, /** @type {Partition} */ (loose[0]))
    const { name } = partition
    if (!(await site.alter({ did: 'detach', table: name }, `ALTER TABLE public.ev DETACH PARTITION public.${name}`)))
      return null
    partition.isAttached = false
    return `${name} detached`
  },
}

/** @type {Act} */
const truncate = {
  kind: 'partitionTruncate',
  moment: 'any',
  async act(site) {
    const own = somePartition(site, true)?.name
    const name =
      own !== undefined && site.chance.isBelow(0.5) ? own : site.chance.pick(['ev_0', 'ev_1', 'ev_1_n', 'ev_1_s'])
    return (await site.run(`TRUNCATE public.${name}`)) ? `${name} truncated` : null
  },
}

/** @type {Act} */
const drop = {
  kind: 'partitionDrop',
  moment: 'any',
  async act(site) {
    const partition = somePartition(site, site.chance.isBelow(0.8))
    if (partition === null) return prepare(site)
    const { name, isAttached } = partition
    if (!(await site.alter({ did: 'dropTable', table: name }, `DROP TABLE public.${name}`))) return null
    site.partitions.delete(name)
    return `${name} dropped, ${isAttached ? 'a partition' : 'which was no partition any more'}`
  },
}

/** @type {readonly Act[]} */
export const PARTITION_ACTS = [createFull, createBare, attach, detach, truncate, drop]
