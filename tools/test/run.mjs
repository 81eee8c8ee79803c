import '../stack/require-node.mjs'
import { join } from 'node:path'
import { install } from '../stack/build.mjs'
import { openHome } from '../stack/home.mjs'
import { startInfrastructure } from '../stack/index.mjs'
import { archiveKafkaClasses } from '../stack/kafka.mjs'
import { hasKafkaJars } from '../stack/kafka-jars.mjs'
import { createProgress } from '../stack/progress.mjs'
import { StackError } from '../stack/stack-error.mjs'
import { RunMark } from './run-mark.mjs'
import { runSuites } from './run-suite.mjs'
import { SUITES } from './suites.mjs'

const USAGE = `Usage: npm test -- [unit] [integration] [e2e] [faults] [jest arguments]

Runs the named suites, or all of them by default.
- integration and e2e use a real Kafka and Postgres: the servers that KAFKA_BROKERS and DATABASE_URL name, or else servers
  started in HOOKLANE_HOME/test.
- unit and faults run in parallel to the others, and their output is shown at the end. faults starts its own systems.
The last line is "N passed, N failed".
`

/** @typedef {import('./run-suite.mjs').Counts} Counts */

/**
 * @typedef {object} Servers
 * @property {NodeJS.ProcessEnv} env - How the tests reach the servers, and where the systems that they start keep their data.
 * @property {() => Promise<void>} stop
 */

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

async function main() {
  const words = process.argv.slice(2)
  if (words.includes('--help')) return print(USAGE)
  const named = Object.keys(SUITES).filter((name) => words.includes(name))
  const suites = named.length > 0 ? named : Object.keys(SUITES)
  const jestArguments = words.filter((word) => !(word in SUITES))
  const abort = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => abort.abort(new StackError('Interrupted.')))

  const total = await runAll(suites, { jestArguments, abort })
  if (abort.signal.aborted) print('Interrupted.')
  if (total.skipped > 0) print(`${total.skipped} skipped`)
  if (total.passed + total.failed === 0) print('No test ran.')
  print(`${total.passed} passed, ${total.failed} failed`)
  if (total.failed > 0 || total.passed === 0 || abort.signal.aborted) process.exitCode = 1
}

/**
 * @param {readonly string[]} suites
 * @param {{ jestArguments: readonly string[], abort: AbortController }} options
 * @returns {Promise<Counts>} the sum over all suites
 */
async function runAll(suites, { jestArguments, abort }) {
  const { signal } = abort
  const mark = new RunMark()
  // At least one suite must show its output while it runs. If all of them could run beside others, the first one shows its output.
  const canShow = suites.some((name) => SUITES[name]?.isBeside === false)
  const isBeside = (/** @type {string} */ name) => SUITES[name]?.isBeside === true && (canShow || name !== suites[0])
  const needsBuild = (/** @type {string} */ name) => SUITES[name]?.needsBuild === true
  const progress = createProgress(print)
  /** @type {Servers} */
  let servers = { env: {}, stop: async () => {} }
  try {
    await install({ onProgress: (text) => progress.report('install', text), signal })
    const envOf = () => ({ ...servers.env, ...mark.env })
    const startBeside = (/** @type {string} */ suite) =>
      runBeside({ suites: [suite], jestArguments, env: envOf(), signal })
    const early = suites.filter((name) => isBeside(name) && !needsBuild(name)).map(startBeside)
    if (suites.some((name) => SUITES[name]?.needsServers)) servers = await startServers({ progress, signal })
    progress.end()
    const late = suites.filter((name) => isBeside(name) && needsBuild(name)).map(startBeside)
    /** @type {Counts} */
    const total = { passed: 0, failed: 0, skipped: 0 }
    const shown = suites.filter((name) => !isBeside(name))
    if (shown.length > 0 && !signal.aborted) {
      print(`\n— ${shown.join(', ')} —`)
      add(total, await runSuites({ suites: shown, jestArguments, env: envOf(), signal }))
    }
    for (const { name, counts, output } of [...early, ...late]) {
      print(`\n— ${name} —`)
      const counted = await counts
      print(output().trimEnd())
      add(total, counted)
    }
    return total
  } catch (error) {
    abort.abort()
    throw error
  } finally {
    progress.end()
    if (signal.aborted) await mark.endStarted()
    await servers.stop()
  }
}

/**
 * Builds, and starts Kafka and Postgres on empty data.
 *
 * @param {{ progress: ReturnType<typeof createProgress>, signal: AbortSignal }} options
 * @returns {Promise<Servers>}
 */
async function startServers({ progress, signal }) {
  const { dir, cacheDir } = openHome()
  const testHome = join(dir, 'test')
  const { serverUrl, kafkaBrokers, stop } = await startInfrastructure({
    home: join(testHome, 'servers'),
    cacheDir,
    fresh: true,
    onProgress: progress.report,
    signal,
  })
  // A run starts some fifteen brokers. Without the archive they only start more slowly.
  if (hasKafkaJars(cacheDir)) {
    await archiveKafkaClasses({ cacheDir, onProgress: (text) => progress.report('kafka', text), signal }).catch(
      (error) => progress.report('kafka', `starts stay slow: ${error.message}`),
    )
  }
  const env = {
    DATABASE_URL: serverUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    // Systems that tests start have their homes beside the servers' home, and share the downloads.
    HOOKLANE_HOME: testHome,
    HOOKLANE_CACHE: cacheDir,
  }
  return { env, stop }
}

/**
 * Starts a suite in parallel to the others. Its output is shown when the others are done, because mixed output of two suites is unreadable.
 *
 * @param {import('./run-suite.mjs').SuiteRun} run
 */
function runBeside(run) {
  let output = ''
  const name = run.suites.join(', ')
  const counts = runSuites({ ...run, onOutput: (text) => (output += text) }).catch((error) => {
    output += `The run of ${name} failed (${error}): counted as one failure.\n`
    return { passed: 0, failed: 1, skipped: 0 }
  })
  return { name, counts, output: () => output }
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
