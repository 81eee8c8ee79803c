#!/usr/bin/env node
/**
 * `npm run example:vendure -- [--keep] [--changes N] [--seed N]`: a Vendure shop as the source. Changes the catalogue through Vendure's own
 * API, and compares the state that the events lead to with what that API returns at the end. Prints one line of JSON at the end; exit
 * code 1 on any violation.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../../tools/stack/build.mjs'
import { displayPath, openHome } from '../../tools/stack/home.mjs'
import { createProgress } from '../../tools/stack/progress.mjs'
import { StackError } from '../../tools/stack/stack-error.mjs'
import { installExample } from './install.mjs'

const USAGE = `npm run example:vendure -- [--keep] [--changes N] [--seed N]

  --keep        leave everything running at the end, and print the addresses; Ctrl-C stops it
  --changes N   number of random changes after the import (default 200)
  --seed N      repeat the random changes of an earlier run
`

const MAX_CHANGES = 100_000
const SAY_EVERY_MS = 2_000
const MAX_FINDINGS = 20

const print = (/** @type {string} */ line) => process.stderr.write(`${line}\n`)

/** @returns {{ keep: boolean, changes: number, seed: number } | null} null when there is nothing to run */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        keep: { type: 'boolean', default: false },
        changes: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1e9)) },
        help: { type: 'boolean', default: false },
      },
    })
    const { keep, help } = values
    const changes = count('changes', values.changes, MAX_CHANGES)
    const seed = count('seed', values.seed, 2 ** 32 - 1)
    if (!help) return { keep, changes, seed }
    process.stdout.write(USAGE)
  } catch (error) {
    // The message of parseArgs names the unknown option.
    print(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exitCode = 2
  }
  return null
}

/** @param {string} name @param {string} text @param {number} max */
function count(name, text, max) {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new TypeError(`--${name} takes a whole number from 1 to ${max}, not ${text}`)
}

/**
 * @param {NonNullable<ReturnType<typeof readOptions>>} options
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether there was no violation
 */
async function run({ keep, changes, seed }, signal) {
  const startedAt = Date.now()
  const progress = createProgress(print)
  const say = progress.report
  const main = openHome()
  const home = join(main.dir, 'vendure')
  await install({ onProgress: (text) => say('install', text), signal })
  await installExample({ onProgress: (text) => say('install', text), signal })
  // Order matters: these modules import packages that were installed just now.
  const { Example } = await import('./example.mjs')
  const { changeCatalogue } = await import('./change-catalogue.mjs')
  const { judge } = await import('./judge.mjs')
  const example = new Example({ home, cacheDir: main.cacheDir, signal, say })
  try {
    const world = await example.start()
    const ticker = reportArrivals(world, say)
    await changeCatalogue(world, { changes, seed, signal, say }).finally(() => clearInterval(ticker))
    const { result, findings } = await judge(world)
    const isClean = Object.values(result.violations).every((number) => number === 0)
    for (const finding of findings.slice(0, MAX_FINDINGS)) print(`  ${finding}`)
    if (!isClean) print(`There were violations. The logs are in ${displayPath(join(home, 'logs'))}.`)
    const line = JSON.stringify({ ...result, changes, seed, seconds: Math.round((Date.now() - startedAt) / 1000) })
    progress.end()
    if (keep) await waitUntilStopped(world, line, signal)
    await example.stop()
    if (!keep) process.stdout.write(`${line}\n`)
    return isClean
  } finally {
    progress.end()
    await example.stop()
  }
}

/**
 * Reports the number of deliveries whenever it has grown.
 *
 * @param {import('./example.mjs').World} world
 * @param {(step: string, text: string) => void} say
 */
function reportArrivals({ subscribers }, say) {
  let said = ''
  return setInterval(() => {
    const text = subscribers.map(({ lane }) => `${lane.name}: ${lane.sequence}`).join(', ')
    if (text !== said) say('receiver', `deliveries so far: ${text}`)
    said = text
  }, SAY_EVERY_MS)
}

/**
 * @param {import('./example.mjs').World} world
 * @param {string} line
 * @param {AbortSignal} signal
 */
async function waitUntilStopped({ shop, stack, company }, line, signal) {
  const { adminApiUrl, login } = shop.server
  process.stdout.write(`${line}\n`)
  print(`
Everything is still running. Ctrl-C stops it.
  Vendure    ${adminApiUrl}   login ${login.user}, password ${login.password}
  Hooklane   ${stack.apiUrl}/v1   docs ${stack.apiUrl}/docs   company ${company}
  Try        curl -s -H "Authorization: Bearer ${stack.operatorKey}" -H "Hooklane-Company: ${company}" "${stack.apiUrl}/v1/deliveries?limit=3"
`)
  await once(signal, 'abort')
}

async function main() {
  const options = readOptions()
  if (options === null) return
  const abort = new AbortController()
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(name, () => {
      if (!abort.signal.aborted) print('\nStopping …')
      abort.abort()
    })
  }
  try {
    process.exitCode = (await run(options, abort.signal)) ? 0 : 1
  } catch (error) {
    process.exitCode = 1
    // An error caused by the abort is no fault, and an error that the user can fix needs no stack trace.
    if (abort.signal.aborted) return print('Stopped before the end.')
    print(error instanceof Error && !(error instanceof StackError) ? String(error.stack) : String(error))
  }
}

// If the terminal is closed, writing fails. The example must still stop what it started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

await main()
