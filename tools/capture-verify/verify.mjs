import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Chance } from './chance.mjs'
import { saveRun } from './evidence.mjs'
import { Load } from './load/load.mjs'
import { Nemesis } from './nemesis/nemesis.mjs'
import { Site } from './nemesis/site.mjs'
import { Operator, Stuck } from './operator/operator.mjs'
import { finalRows, relationsNow } from './pim/rows.mjs'
import { Shapes } from './pim/shapes.mjs'
import { TABLES } from './pim/tables.mjs'
import { COMPANIES, createWorld, SOURCE } from './world/world.mjs'

/** How long everything that was committed may take to arrive at the end, and what is missing to be announced. */
const SETTLE_LIMIT_MS = 240_000
/** Every so often a line says how far the run is. */
const PROGRESS_MS = 5_000
/** At the end the event-producer gets so long to notice what it has not announced yet: several looks at the catalogue. */
const NOTICE_MS = 8_000

/**
 * @typedef {object} VerifyOptions
 * @property {string} serverUrl - Postgres, as a user who may create databases.
 * @property {string[]} brokers
 * @property {string} dir - For everything that the run leaves.
 * @property {number} seed
 * @property {number} minutes
 * @property {ReadonlySet<string>} without
 * @property {(text: string) => void} say
 * @property {AbortSignal} signal
 */

/**
 * One run: changes under load, for so many minutes, and the evidence of it in `dir`.
 *
 * @param {VerifyOptions} options
 * @returns {Promise<{ remove: () => Promise<void>, recent: string[], remedies: Record<string, number>, failures: Record<string, number> }>}
 */
export async function verify({ serverUrl, brokers, dir, seed, minutes, without, say, signal }) {
  const chance = new Chance(seed)
  const world = await createWorld({ serverUrl, brokers, dir, env: process.env })
  if (world.proxy === null) say('Kafka is not on this machine: its connections are not cut')
  const shapes = new Shapes()
  const words = { companies: COMPANIES, token: world.token }
  const source = { chance: chance.fork(), shapes, world: words, withDeferredKeys: !without.has('deferredKeys') }
  const load = new Load({ pimUrl: world.pimUrl, source })
  const site = await Site.open({
    world,
    shapes,
    chance: chance.fork(),
    source: { ...source, chance: chance.fork() },
    actionsFile: join(dir, 'actions.ndjson'),
  })
  const operator = new Operator(site)
  const nemesis = new Nemesis({ site, operator, without })
  const stuck = /** @type {string[]} */ ([])
  let progress = /** @type {NodeJS.Timeout | undefined} */ (undefined)
  try {
    await load.fill()
    await world.history.create()
    const { relations, rows } = await relationsNow(world.control)
    world.history.start()
    await world.reader.start()
    await world.supervisor.start()
    await operator.untilReady()
    progress = setInterval(() => say(progressLine({ startedAt, world, site })), PROGRESS_MS)
    const startedAt = Date.now()
    load.start()
    try {
      while (Date.now() - startedAt < minutes * 60_000 && !signal.aborted) {
        await nemesis.turn()
        await delay(site.chance.between(0, 1_200))
      }
      signal.throwIfAborted()
      await load.stop()
      await settle({ world, site, nemesis, operator, say })
    } catch (error) {
      if (!(error instanceof Stuck)) throw error
      stuck.push(error.message)
    }
    await load.stop()
    await world.supervisor.stop('SIGTERM')
    await arrived(world)
    await world.history.stop()
    await world.reader.stop()
    await saveRun(dir, {
      seed,
      minutes,
      stuck,
      source: SOURCE,
      token: world.token,
      companies: COMPANIES,
      tables: TABLES.map(({ meaning }) => meaning),
      relations,
      rows,
      producers: world.supervisor.runs,
      finalRows: await finalRows(world.control),
      kills: site.kills,
      changes: site.counts,
    })
  } finally {
    clearInterval(progress)
    await load.stop().catch(() => undefined)
    await site.close()
    await world.stop()
  }
  return { remove: world.remove, recent: site.recent, remedies: operator.remedies, failures: load.failures }
}

/**
 * Puts back what waits for it, and waits until everything that was committed is published.
 *
 * @param {{ world: import('./world/world.mjs').World, site: Site, nemesis: Nemesis, operator: Operator, say: (text: string) => void }} run
 */
async function settle({ world, site, nemesis, operator, say }) {
  say('putting everything back, and waiting for what is under way')
  await operator.untilReady()
  await world.supervisor.stop('SIGTERM')
  await nemesis.undoAll()
  await world.supervisor.start()
  const limit = Date.now() + SETTLE_LIMIT_MS
  for (const round of ['first', 'last']) {
    await operator.untilReady()
    for (const company of COMPANIES)
      await site.client.query('INSERT INTO public.beacon (id, company_id, n) VALUES ($1, $2, 1)', [
        `${round} ${company}`,
        company,
      ])
    while (!COMPANIES.every((company) => world.reader.sawBeacon(company, `${round} ${company}`))) {
      if (Date.now() > limit) throw new Stuck(`what was committed last did not come within ${SETTLE_LIMIT_MS / 1000} s`)
      await operator.untilReady()
      await delay(200)
    }
    if (round === 'first') await delay(NOTICE_MS)
  }
}

/** Until the reader has everything that the topic holds. @param {import('./world/world.mjs').World} world */
async function arrived({ reader, endOffsets }) {
  const limit = Date.now() + SETTLE_LIMIT_MS
  while (!reader.hasReached(await endOffsets())) {
    if (Date.now() > limit) throw new Error('the topic could not be read to its end')
    await delay(100)
  }
}

/** @param {{ startedAt: number, world: import('./world/world.mjs').World, site: Site }} run */
function progressLine({ startedAt, world, site }) {
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  const time = `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  const changes = Object.values(site.counts).reduce((sum, count) => sum + count, 0)
  const { history, reader } = world
  return `${time}  ${history.rowChanges} row changes  ${reader.records} records  ${changes} hostile changes  ${site.kills} kills`
}
