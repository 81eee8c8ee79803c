import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { bundledModules } from './bundled-modules.mjs'

/** How long services may take to write their profiles after profiling has stopped. A large profile takes seconds. */
const WRITE_LIMIT_MS = 30_000
const TOP_FUNCTIONS = 25
const TOP_PLACES = 12
/** V8's names for time in which nothing ran. */
const IDLE = new Set(['(idle)', '(root)'])

/** The environment that makes a service start and stop profiling on SIGUSR2. @param {string} directory */
export const profilingEnvironment = (directory) => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'profiler-hook.mjs')).href}`,
  BENCH_PROFILE_DIR: directory,
})

/** Starts or stops profiling in each process. @param {readonly number[]} pids */
export function toggleProfiling(pids) {
  for (const pid of pids) process.kill(pid, 'SIGUSR2')
}

/**
 * Waits for the profiles of these processes and summarises where each process spent its time.
 *
 * @param {string} directory
 * @param {readonly number[]} pids
 * @param {number} deliveries - Number of deliveries that the profiles cover.
 * @returns {Promise<string>}
 */
export async function summariseProfiles(directory, pids, deliveries) {
  const limit = Date.now() + WRITE_LIMIT_MS
  const texts = []
  for (const pid of pids) texts.push(await summarise(directory, pid, deliveries, limit))
  return texts.join('\n\n')
}

/** @param {string} directory @param {number} pid @param {number} deliveries @param {number} limit */
async function summarise(directory, pid, deliveries, limit) {
  for (;;) {
    const file = (await readdir(directory)).find((name) => name.endsWith(`-${pid}.cpuprofile`))
    // The file may be incomplete while the service is still writing it.
    const profile = file === undefined ? null : parse(await readFile(join(directory, file), 'utf8'))
    if (file !== undefined && profile !== null) return tables(file, profile, deliveries)
    if (Date.now() > limit) throw new Error(`no profile of process ${pid} in ${directory}`)
    await delay(200)
  }
}

/** @typedef {{ nodes: { id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[], samples: number[], timeDeltas: number[] }} Profile */

/** @param {string} text @returns {Profile | null} */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** @param {string} file @param {Profile} profile @param {number} deliveries */
function tables(file, profile, deliveries) {
  const byFunction = /** @type {Map<string, number>} */ (new Map())
  const byPlace = /** @type {Map<string, number>} */ (new Map())
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const moduleAt = bundledModules()
  let total = 0
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id)
    const microseconds = profile.timeDeltas[index] ?? 0
    if (!frame || IDLE.has(frame.functionName)) return
    const module = moduleAt(frame.url, frame.lineNumber)
    const place = placeOf(module)
    const name = `${frame.functionName || '(anonymous)'}${place === '' ? '' : `  ${fileOf(module)}`}`
    byFunction.set(name, (byFunction.get(name) ?? 0) + microseconds)
    byPlace.set(place || frame.functionName, (byPlace.get(place || frame.functionName) ?? 0) + microseconds)
    total += microseconds
  })
  const table = (/** @type {Map<string, number>} */ times, /** @type {number} */ count) =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(
        ([name, time]) =>
          `  ${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / deliveries).toFixed(2).padStart(7)} µs  ${name}`,
      )
  return [
    `${file}: ${(total / 1e6).toFixed(2)} s busy, ${(total / deliveries).toFixed(1)} µs per delivery`,
    ...table(byPlace, TOP_PLACES),
    '  by function, self time',
    ...table(byFunction, TOP_FUNCTIONS),
  ].join('\n')
}

/** The package or workspace that a module belongs to; empty for a frame without a module. @param {string} module */
function placeOf(module) {
  if (module === '') return ''
  if (module.startsWith('node:')) return 'node'
  return (
    module.match(/node_modules\/(?!.*node_modules\/)((?:@[^/]+\/)?[^/]+)/)?.[1] ??
    module.match(/^((?:apps|libs)\/[^/]+)\//)?.[1] ??
    module
  )
}

/** @param {string} module */
const fileOf = (module) => module.replace(/^.*\/(?=node_modules\/|apps\/|libs\/)/, '').replace('/dist/', '/')
