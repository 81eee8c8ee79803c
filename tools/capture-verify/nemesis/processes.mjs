import { setTimeout as delay } from 'node:timers/promises'
import { commitLarge } from '../load/large.mjs'
import { connectTo, withConnection } from '../world/connections.mjs'

/** @typedef {import('./site.mjs').Site} Site @typedef {import('./site.mjs').Act} Act */

const LARGE_ROWS = { min: 2_500, max: 4_500 }
/** How long the proxy delays each response of Kafka, so that a transaction stays half-published long enough for the kill. */
const SLOW_ANSWER_MS = 120
/**
 * How long to wait until enough events of the large transaction are in the topic. After that, the event-producer is killed anyway: it may
 * have refused to read the source.
 */
const HALF_LIMIT_MS = 12_000
const LOOK_EVERY_MS = 5

/**
 * The ways to end the event-producer. Each returns a text that says what it did.
 * @type {Readonly<Record<string, (site: Site) => Promise<string>>>}
 */
export const ENDS = {
  kill: async (site) => {
    await site.world.supervisor.stop('SIGKILL')
    site.kills += 1
    return 'killed'
  },
  restart: async (site) => {
    const hadToBeKilled = await site.world.supervisor.stop('SIGTERM')
    return hadToBeKilled ? 'asked to end, and killed after a minute' : 'ended by SIGTERM'
  },
  halfKill,
}

/**
 * Kills the event-producer when some events of a large transaction are in the topic, but not all. The judge later counts from the topic how
 * often this succeeded.
 *
 * @param {Site} site
 */
async function halfKill(site) {
  const { world, chance, source } = site
  const client = await connectTo(world.pimUrl)
  let xid = ''
  const committing = commitLarge(client, {
    source: { ...source, chance },
    rows: chance.between(LARGE_ROWS.min, LARGE_ROWS.max),
    onXid: (one) => (xid = one),
  })
  if (world.proxy) world.proxy.delayMs = SLOW_ANSWER_MS
  try {
    const { rows } = await committing
    const wanted = chance.between(1, Math.max(1, Math.floor(rows * 0.7)))
    const limit = Date.now() + HALF_LIMIT_MS
    while ((world.reader.eventsOf.get(xid) ?? 0) < wanted && Date.now() < limit) await delay(LOOK_EVERY_MS)
    await world.supervisor.stop('SIGKILL')
    site.kills += 1
    return `killed in transaction ${xid} of ${rows} rows, after ${world.reader.eventsOf.get(xid) ?? 0} of its events`
  } finally {
    if (world.proxy) world.proxy.delayMs = 0
    await client.end()
  }
}

/** Cuts the database connections of the running event-producer. @type {Act} */
const cutPostgres = {
  kind: 'cutPostgres',
  moment: 'running',
  async act({ chance, world }) {
    const [what, url] = chance.pick([
      ['its own database', world.ownUrl],
      ['the PIM', world.pimUrl],
    ])
    const { rowCount } = await withConnection(url, (client) =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'hooklane-event-producer%'`,
      ),
    )
    return rowCount === 0 ? null : `${rowCount} connections to ${what} cut`
  },
}

/** @type {Act} */
const cutKafka = {
  kind: 'cutKafka',
  moment: 'running',
  act({ world }) {
    const broken = world.proxy?.cut() ?? 0
    return Promise.resolve(broken === 0 ? null : `${broken} connections to Kafka cut`)
  },
}

/** @type {readonly Act[]} */
export const CUT_ACTS = [cutPostgres, cutKafka]
