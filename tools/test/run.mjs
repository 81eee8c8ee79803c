import '../stack/require-node.mjs'
import { join } from 'node:path'
import { install } from '../stack/build.mjs'
import { openHome } from '../stack/home.mjs'
import { startInfrastructure } from '../stack/index.mjs'
import { createProgress } from '../stack/progress.mjs'
import { StackError } from '../stack/stack-error.mjs'
import { runSuite } from './run-suite.mjs'
import { SUITES } from './suites.mjs'

const USAGE = `Usage: npm test -- [unit] [integration] [e2e] [faults] [jest arguments]

Runs the named suites, or all of them by default.
- integration and e2e use a real Kafka and Postgres: the servers that KAFKA_BROKERS and DATABASE_URL name, or else servers
  started in HOOKLANE_HOME/test.
- faults starts its own systems. It runs in parallel to the other suites, and its output is shown at the end.
The last line is "N passed, N failed".
`

/** @typedef {import('./run-suite.mjs').Counts} Counts */

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

async function main() {
  const words = process.argv.slice(2)
  if (words.includes('--help')) return print(USAGE)
  const named = Object.keys(SUITES).filter((name) => words.includes(name))
  const suites = named.length > 0 ? named : Object.keys(SUITES)
  const jestArguments = words.filter((word) => !(word in SUITES))
  const abort = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => abort.abort())

  const servers = await prepare({
    needsServers: suites.some((name) => SUITES[name]?.needsServers),
    signal: abort.signal,
  })
  /** @type {Counts} */
  const total = { passed: 0, failed: 0, skipped: 0 }
  try {
    const options = { jestArguments, env: servers.env, signal: abort.signal }
    // A suite that runs alone shows its output while it runs.
    const isBeside = (/** @type {string} */ name) => suites.length > 1 && SUITES[name]?.isBeside === true
    const beside = suites.filter(isBeside).map((suite) => startBeside({ ...options, suite }))
    for (const suite of suites.filter((name) => !isBeside(name))) {
      if (abort.signal.aborted) break
      print(`\n— ${suite} —`)
      add(total, await runSuite({ ...options, suite }))
    }
    for (const { suite, counts, output } of beside) {
      const counted = await counts
      print(`\n— ${suite} —\n${output().trimEnd()}`)
      add(total, counted)
    }
  } catch (error) {
    abort.abort()
    throw error
  } finally {
    await servers.stop()
  }
  if (abort.signal.aborted) print('Interrupted.')
  if (total.skipped > 0) print(`${total.skipped} skipped`)
  if (total.passed + total.failed === 0) print('No test ran.')
  print(`${total.passed} passed, ${total.failed} failed`)
  if (total.failed > 0 || total.passed === 0 || abort.signal.aborted) process.exitCode = 1
}

/**
 * Installs missing packages. If servers are needed, also builds, and starts Kafka and Postgres on empty data.
 *
 * @param {{ needsServers: boolean, signal: AbortSignal }} options
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => Promise<void> }>}
 */
async function prepare({ needsServers, signal }) {
  const progress = createProgress(print)
  try {
    if (!needsServers) {
      await install({ onProgress: (text) => progress.report('install', text), signal })
      return { env: {}, stop: async () => {} }
    }
    const { dir, cacheDir } = openHome()
    const testHome = join(dir, 'test')
    const { serverUrl, kafkaBrokers, stop } = await startInfrastructure({
      home: join(testHome, 'servers'),
      cacheDir,
      fresh: true,
      onProgress: progress.report,
      signal,
    })
    const env = {
      DATABASE_URL: serverUrl,
      KAFKA_BROKERS: kafkaBrokers.join(','),
      // Systems that tests start have their homes beside the servers' home, and share the downloads.
      HOOKLANE_HOME: testHome,
      HOOKLANE_CACHE: cacheDir,
    }
    return { env, stop }
  } finally {
    progress.end()
  }
}

/**
 * Starts a suite in parallel to the others. Its output is kept until they are done, because mixed output of two suites is unreadable.
 *
 * @param {import('./run-suite.mjs').SuiteRun} run
 */
function startBeside(run) {
  let output = ''
  const counts = runSuite({ ...run, onOutput: (text) => (output += text) })
  // The caller that awaits `counts` reports the error.
  counts.catch(() => undefined)
  return { suite: run.suite, counts, output: () => output }
}

/**
 * @param {Counts} total
 * @param {Counts} more
 */
function add(total, more) {
  total.passed += more.passed
  total.failed += more.failed
  total.skipped += more.skipped
}

// If the terminal is closed, writing fails. The runner must still stop what it started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  await main()
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  print(error instanceof StackError ? message : (stack ?? message))
  print('0 passed, 1 failed')
  process.exitCode = 1
}
