import '../stack/require-node.mjs'
import { spawn } from 'node:child_process'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { install } from '../stack/build.mjs'
import { openHome, ROOT } from '../stack/home.mjs'
import { startInfrastructure } from '../stack/index.mjs'
import { createProgress } from '../stack/progress.mjs'
import { StackError } from '../stack/stack-error.mjs'

/**
 * The suites in the order they run, and how. Unit tests do no I/O and share nothing. Integration tests share one Kafka and
 * one Postgres, each file with topics, databases and slots of its own; most of their time they wait, so two run at once. A
 * whole system is as much as two cores carry. Faults break servers, so each file starts a system of its own; they wait even
 * more.
 */
const SUITES = /** @type {Record<string, { needsServers: boolean, args: readonly string[] }>} */ ({
  unit: { needsServers: false, args: ['--maxWorkers=2'] },
  integration: { needsServers: true, args: ['--maxWorkers=2'] },
  e2e: { needsServers: true, args: ['--runInBand'] },
  faults: { needsServers: false, args: ['--maxWorkers=2'] },
})

const USAGE = `Usage: npm test -- [unit] [integration] [e2e] [faults] [jest arguments]

Runs the named suites, all of them by default. Integration and e2e get a real Kafka and Postgres, started here under
HOOKLANE_HOME/test unless KAFKA_BROKERS and DATABASE_URL name some; faults start systems of their own. Ends with "N passed, N failed".
`

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

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
    for (const suite of suites) {
      if (abort.signal.aborted) break
      print(`\n— ${suite} —`)
      add(total, await runSuite({ suite, jestArguments, env: servers.env, signal: abort.signal }))
    }
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
 * Installs what is missing; with servers, also builds and starts Kafka and Postgres on empty data.
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
      // Systems that tests start live beside the servers, and find the downloads.
      HOOKLANE_HOME: testHome,
      HOOKLANE_CACHE: cacheDir,
    }
    return { env, stop }
  } finally {
    progress.end()
  }
}

/**
 * @param {{ suite: string, jestArguments: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @returns {Promise<Counts>}
 */
async function runSuite({ suite, jestArguments, env, signal }) {
  const summary = join(openHome().dir, 'test', `summary.${suite}.${process.pid}.json`)
  await mkdir(join(openHome().dir, 'test'), { recursive: true })
  const args = [
    join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...['--selectProjects', suite, '--passWithNoTests', '--reporters=default'],
    `--reporters=${join(import.meta.dirname, 'summary-reporter.mjs')}`,
    ...(process.env['CI'] ? ['--ci'] : []),
    ...(SUITES[suite]?.args ?? []),
    ...jestArguments,
  ]
  const exitCode = await runJest(args, { ...env, HOOKLANE_TEST_SUMMARY: summary }, signal)
  const text = await readFile(summary, 'utf8').catch(() => null)
  await rm(summary, { force: true })
  /** @type {Counts} */
  const counts = text === null ? { passed: 0, failed: 0, skipped: 0 } : JSON.parse(text)
  if (exitCode === 0 || counts.failed > 0) return counts
  // Jest found fault with something else than a test: a crash, an open handle, an unknown argument.
  print(`The ${suite} suite ended with exit code ${exitCode}: counted as one failure.`)
  return { ...counts, failed: 1 }
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<number>} its exit code
 */
function runJest(args, env, signal) {
  const nodeOptions = [
    process.env['NODE_OPTIONS'],
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
  ]
  return new Promise((resolve, reject) => {
    const jest = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, NODE_OPTIONS: nodeOptions.filter(Boolean).join(' ') },
    })
    signal.addEventListener('abort', () => jest.kill('SIGTERM'))
    jest.once('error', reject)
    jest.once('close', (code) => resolve(code ?? 1))
  })
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

// A terminal that is closed must not take the runner down before it has ended what it started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  await main()
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  print(error instanceof StackError ? message : (stack ?? message))
  print('0 passed, 1 failed')
  process.exitCode = 1
}
