import { setTimeout as delay } from 'node:timers/promises'
import { NOTE_PREFIX } from './judge/notes.mjs'
import { Stuck } from './operator/operator.mjs'
import { COMPANIES } from './world/world.mjs'

/** How long committed changes may take to arrive in the topic. */
const ARRIVAL_LIMIT_MS = 240_000
/** How long a run waits until the event-producer has announced what it cannot publish: the time of several checks of the catalogue. */
const NOTICE_MS = 4_000
/** The run is stuck when the event-producer refuses the source again after each of this many quiet periods. */
const MAX_ROUNDS = 6

/**
 * Brings a run to rest. Afterwards all hostile changes are undone, all committed changes are published, and the event-producer has had time
 * to announce what it cannot publish. A message in the WAL marks this point, at which the judge compares the receivers with the tables. Row
 * changes may continue meanwhile.
 *
 * @param {object} run
 * @param {import('./nemesis/site.mjs').Site} run.site
 * @param {import('./nemesis/nemesis.mjs').Nemesis} run.nemesis
 * @param {import('./operator/operator.mjs').Operator} run.operator
 * @throws {Stuck}
 */
export async function checkpoint({ site, nemesis, operator }) {
  const { supervisor } = site.world
  if (nemesis.mustStop) {
    await supervisor.stop('SIGTERM')
    await nemesis.undoAll()
    await supervisor.start()
  } else await nemesis.undoAll()
  for (let round = 1; ; round += 1) {
    await operator.untilReady()
    const before = operator.followed
    await everythingArrived(site, operator)
    await delay(NOTICE_MS)
    await operator.untilReady()
    if (operator.followed === before) break
    if (round === MAX_ROUNDS) throw new Stuck(`the source was refused again after each of ${MAX_ROUNDS} quiet periods`)
  }
  await site.run(`SELECT pg_logical_emit_message(true, '${NOTE_PREFIX}', '{"did":"checkpoint"}')`)
  // Changes that were committed just before this message must arrive before the next hostile change, which may drop the slot.
  await everythingArrived(site, operator)
  site.record('checkpoint', 'the run is at rest')
}

/**
 * Inserts a row per company into the table `beacon`, and waits until the events of these rows have arrived.
 *
 * @param {import('./nemesis/site.mjs').Site} site @param {import('./operator/operator.mjs').Operator} operator
 */
async function everythingArrived({ client, world }, operator) {
  const limit = Date.now() + ARRIVAL_LIMIT_MS
  const name = Date.now().toString(36)
  for (const company of COMPANIES)
    await client.query('INSERT INTO public.beacon (id, company_id, n) VALUES ($1, $2, 1)', [
      `${name} ${company}`,
      company,
    ])
  while (!COMPANIES.every((company) => world.reader.sawBeacon(company, `${name} ${company}`))) {
    if (Date.now() > limit) throw new Stuck(`committed changes did not arrive within ${ARRIVAL_LIMIT_MS / 1000} s`)
    const before = operator.followed
    await operator.untilReady()
    // The operator has followed a remedy. Rows that were inserted before a remedy may never arrive, so the next round inserts new rows.
    if (operator.followed !== before) return
    await delay(200)
  }
}
