#!/usr/bin/env node
/**
 * `npm run demo -- [--changes N] [--apps N] [--kill | --terminate] [--json]`: starts a system of its own, commits changes in a database,
 * and checks the deliveries that an independent receiver gets. Prints one line of JSON at the end. With --json, standard output has only
 * this line. The exit code is 1 on any violation.
 */
import '../stack/require-node.mjs'
import { rm, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../stack/build.mjs'
import { openHome } from '../stack/home.mjs'
import { check, isClean } from './checker.mjs'

const USAGE = `npm run demo -- [--changes N] [--apps N] [--kill | --terminate] [--seed N] [--json]

  --changes N   row changes to commit (default 2000)
  --apps N      number of receiving apps (default 20)
  --kill        kill -9 each service once in turn, under load
  --terminate   send SIGTERM to each service once in turn, under load; duplicates are then violations, too
  --seed N      repeat the workload of an earlier run
  --json        print only the final JSON line on standard output`

/** @param {string} text @param {string} name @param {number} max */
function count(text, name, max) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new RangeError(`--${name} takes a whole number from 1 to ${max}, not ${text}`)
  return value
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        changes: { type: 'string', default: '2000' },
        apps: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1e9)) },
        kill: { type: 'boolean', default: false },
        terminate: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    return {
      changes: count(values.changes, 'changes', 10_000_000),
      apps: count(values.apps, 'apps', 10_000),
      seed: count(values.seed, 'seed', 4_294_967_295),
      signal: values.kill
        ? /** @type {const} */ ('SIGKILL')
        : values.terminate
          ? /** @type {const} */ ('SIGTERM')
          : null,
      json: values.json,
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}

const options = readOptions()
/** @param {string} text */
const say = (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`)

await install({ onProgress: say })
const { runDemo } = await import('./demo.mjs')
const { dir, cacheDir } = openHome()
const home = join(dir, 'demo')
// Always a fresh system: data that an earlier run left would be judged as part of this run.
await rm(home, { recursive: true, force: true })
await mkdir(home, { recursive: true })
const outcome = await runDemo({ ...options, home, cacheDir, say })
const result = check(outcome.expectations, outcome.arrivals)
const isGood = isClean(result) && (options.signal === 'SIGKILL' || result.duplicates === 0)
for (const finding of result.findings.slice(0, 20)) say(`  ${finding}`)
const {
  deliveries,
  delivered,
  lost,
  reordered,
  overlapping,
  duplicates,
  badSignatures,
  latencyMs,
  holes,
  phantoms,
  foreign,
  stale,
} = result
const line = {
  changes: outcome.changes,
  events: outcome.events,
  deliveries,
  delivered,
  lost,
  reordered,
  overlapping,
  duplicates,
  badSignatures,
  latencyMs,
  perSecond: Math.round(delivered / outcome.seconds),
  sequenceHoles: holes,
  phantoms,
  foreign,
  stale,
  killed: outcome.killed,
  seed: options.seed,
}
if (!isGood) {
  await writeFile(join(home, 'arrivals.json'), JSON.stringify(outcome.arrivals))
  say(`Violations: the requests are in ${join(home, 'arrivals.json')}, the services' logs in ${join(home, 'logs')}.`)
}
console.log(JSON.stringify(line))
process.exit(isGood ? 0 : 1)
