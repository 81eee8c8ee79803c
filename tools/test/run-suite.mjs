import { spawn } from 'node:child_process'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { openHome, ROOT } from '../stack/home.mjs'
import { SUITES } from './suites.mjs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @typedef {object} SuiteRun
 * @property {readonly string[]} suites - Run as one: their files share the workers, so that none of them is idle until the last file.
 * @property {readonly string[]} jestArguments
 * @property {NodeJS.ProcessEnv} env
 * @property {AbortSignal} signal
 * @property {((text: string) => void) | undefined} [onOutput] - Gets the output of the suites. By default it goes straight to the terminal.
 */

/**
 * @param {SuiteRun} run
 * @returns {Promise<Counts>}
 */
export async function runSuites({ suites, jestArguments, env, signal, onOutput }) {
  const name = suites.join(', ')
  const settings = suites.flatMap((suite) => SUITES[suite] ?? [])
  const directory = join(openHome().dir, 'test')
  const summary = join(directory, `summary.${suites.join('-')}.${process.pid}.json`)
  await mkdir(directory, { recursive: true })
  const args = [
    join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...['--selectProjects', ...suites, '--passWithNoTests', '--reporters=default'],
    `--reporters=${join(import.meta.dirname, 'summary-reporter.mjs')}`,
    `--testSequencer=${join(import.meta.dirname, 'longest-first.mjs')}`,
    ...(process.env['CI'] ? ['--ci'] : []),
    `--maxWorkers=${Math.max(...settings.map(({ workers }) => workers))}`,
    ...jestArguments,
  ]
  const exitCode = await runJest({
    args,
    env: { ...env, HOOKLANE_TEST_SUMMARY: summary },
    niceness: Math.min(...settings.map(({ niceness }) => niceness)),
    signal,
    onOutput,
  })
  const text = await readFile(summary, 'utf8').catch(() => null)
  await rm(summary, { force: true })
  /** @type {Counts} */
  const counts = text === null ? { passed: 0, failed: 0, skipped: 0 } : JSON.parse(text)
  if (exitCode === 0 || counts.failed > 0) return counts
  // Jest failed for a reason other than a test: a crash, an open handle, an unknown argument.
  const fault = `The run of ${name} ended with exit code ${exitCode}: counted as one failure.\n`
  if (onOutput) onOutput(fault)
  else process.stdout.write(fault)
  return { ...counts, failed: 1 }
}

/**
 * @param {Pick<SuiteRun, 'env' | 'signal' | 'onOutput'> & { args: readonly string[], niceness: number }} run
 * @returns {Promise<number>} the exit code of jest
 */
function runJest({ args, env, niceness, signal, onOutput }) {
  const nodeOptions = [
    process.env['NODE_OPTIONS'],
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
  ]
  return new Promise((resolve, reject) => {
    const output = onOutput ? 'pipe' : 'inherit'
    const jest = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', output, output],
      // A process group of its own, so that an interrupt also ends the workers and their child processes.
      detached: true,
      env: { ...process.env, ...env, NODE_OPTIONS: nodeOptions.filter(Boolean).join(' ') },
    })
    if (onOutput) {
      for (const stream of [jest.stdout, jest.stderr]) stream?.setEncoding('utf8').on('data', onOutput)
    }
    const { pid } = jest
    const end = () => {
      if (pid !== undefined && jest.exitCode === null && jest.signalCode === null) process.kill(-pid, 'SIGTERM')
    }
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    jest.once('error', reject)
    if (pid !== undefined && niceness > 0) lowerPriority(pid, niceness)
    jest.once('close', (code) => resolve(code ?? 1))
  })
}

/**
 * Lowers the priority of jest. Its workers inherit the priority, because they start later. If the system refuses this, the suite runs with
 * normal priority.
 *
 * @param {number} pid
 * @param {number} niceness - Relative to that of this process.
 */
function lowerPriority(pid, niceness) {
  try {
    setPriority(pid, Math.min(19, getPriority() + niceness))
  } catch {
    // The suite works with normal priority, too.
  }
}
