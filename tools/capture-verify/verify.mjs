import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Chance } from './chance.mjs'
import { checkpoint } from './checkpoint.mjs'
import { saveRun } from './evidence.mjs'
import { Load } from './load/load.mjs'
import { Nemesis } from './nemesis/nemesis.mjs'
import { Site } from './nemesis/site.mjs'
import { Operator, Stuck } from './operator/operator.mjs'
import { finalRows, relationsNow } from './pim/rows.mjs'
import { Shapes } from './pim/shapes.mjs'
import { TABLES } from './pim/tables.mjs'
import { COMPANIES, createWorld, SOURCE } from './world/world.mjs'

/** How long the reader may take, at the end of a run, to read the topic to its end. */
const READ_LIMIT_MS = 60_000
/** How often a line of progress is printed. */
const PROGRESS_MS = 5_000
/**
 * Time between two checkpoints, at which all committed changes must be published. Too short: fewer hostile changes coincide. Too long: more
 * losses are hidden by a later `resync.required`, after which receivers fetch everything again.
 */
const STRETCH_MS = { min: 15_000, max: 50_000 }

/**
 * @typedef {object} VerifyOptions
 * @property {string} serverUrl - Postgres, as a user who may create databases.
 * @property {string[]} brokers
 * @property {string} dir - The folder for the evidence of the run.
 * @property {number} seed
 * @property {number} minutes
 * @property {ReadonlySet<string>} without
 * @property {(text: string) => void} say
 * @property {AbortSignal} signal
 */

/**
 * Makes one run: hostile changes under load for the given number of minutes. Writes the evidence to `dir`.
 *
 * @param {VerifyOptions} options
 * @returns {Promise<{ remove: () => Promise<void>, recent: string[], remedies: Record<string, number>, failures: Record<string, number> }>}
 */
export async function verify({ serverUrl, brokers, dir, seed, minutes, without, say, signal }) {
  const chance = new Chance(seed)
  const world = await createWorld({ serverUrl, brokers, dir, env: process.env })
  if (world.proxy === null)
    say('Kafka is not a single broker on this machine, so this run does not cut connections to it')
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
    const startedAt = Date.now()
    progress = setInterval(() => say(progressLine({ startedAt, world, site })), PROGRESS_MS)
    load.start()
    try {
      const endAt = startedAt + minutes * 60_000
      while (Date.now() < endAt) {
        nemesis.changeTheme()
        const stretchEnd = Math.min(endAt, Date.now() + site.chance.between(STRETCH_MS.min, STRETCH_MS.max))
        while (Date.now() < stretchEnd) {
          signal.throwIfAborted()
          await nemesis.turn()
          await delay(site.chance.between(0, 1_200))
        }
        await checkpoint({ site, nemesis, operator })
      }
      // The last checkpoint must come after the last change: the run does not wait for changes that are committed later.
      await load.stop()
      await checkpoint({ site, nemesis, operator })
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

/** Waits until the reader has read the topic to its end. @param {import('./world/world.mjs').World} world */
async function arrived({ reader, endOffsets }) {
  const limit = Date.now() + READ_LIMIT_MS
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
