#!/usr/bin/env node
/**
 * `npm run bench`: measures the cost of a delivery, by process of the whole local system, and compares it with a raw HTTP sender in the
 * same run. docs/benchmarks.md explains the figures.
 */
import '../stack/require-node.mjs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { install } from '../stack/build.mjs'
import { openHome } from '../stack/home.mjs'
import { describe, summary } from './report.mjs'

const USAGE = `npm run bench -- [--apps N] [--deliveries N] [--payload BYTES] [--fan-out N] [--dead PERCENT] [--profile] [--json]

  --apps N          number of receiving apps (default: two scenarios, with 20 and with 1000 apps)
  --deliveries N    deliveries to measure (default 50000), after 20000 to warm up
  --payload BYTES   approximate size of a body (default 1500)
  --fan-out N       apps per company, and therefore deliveries per change (default 5)
  --dead PERCENT    share of apps whose receiver answers 503 (default 0); only deliveries to the other apps are counted
  --profile         write CPU profiles of the services, and print the functions that used the most CPU time
  --json            print only the final JSON line on standard output`

/** @param {string} text @param {string} name @param {number} min @param {number} max */
function count(text, name, min, max) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`--${name} takes a whole number from ${min} to ${max}, not ${text}`)
  return value
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        apps: { type: 'string' },
        deliveries: { type: 'string', default: '50000' },
        payload: { type: 'string', default: '1500' },
        'fan-out': { type: 'string', default: '5' },
        dead: { type: 'string', default: '0' },
        profile: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    return {
      apps: values.apps === undefined ? [20, 1_000] : [count(values.apps, 'apps', 1, 20_000)],
      deliveries: count(values.deliveries, 'deliveries', 1_000, 10_000_000),
      payload: count(values.payload, 'payload', 1, 100_000),
      fanOut: count(values['fan-out'], 'fan-out', 1, 1_000),
      dead: count(values.dead, 'dead', 0, 90),
      profile: values.profile,
      json: values.json,
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}

const options = readOptions()
if (process.platform !== 'linux') {
  console.error(
    'The benchmark reads CPU times from /proc, which only Linux has: run it in a Linux container or virtual machine.',
  )
  process.exit(2)
}
/** @param {string} text */
const say = (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`)

try {
  await install({ onProgress: say })
  const { runBench } = await import('./bench.mjs')
  const { dir, cacheDir } = openHome()
  const home = join(dir, 'bench')
  // Every run starts with an empty system, because the logs and tables of an earlier run would add to the measured cost.
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  const scenarios = await runBench({ ...options, home, cacheDir, say })
  for (const scenario of scenarios) say(`\n${describe(scenario)}`)
  const { payload, dead } = options
  if (options.json)
    console.log(JSON.stringify({ node: process.version, payload, dead, scenarios: scenarios.map(summary) }))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
