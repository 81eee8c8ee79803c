import { join } from 'node:path'
import { ownServersEnvironment, runCommand } from './run-command.js'

/** What the checker counts when nothing is wrong. */
export const NOTHING_BROKEN = {
  lost: 0,
  reordered: 0,
  overlapping: 0,
  badSignatures: 0,
  sequenceHoles: 0,
  phantoms: 0,
  foreign: 0,
}
/** The services that `--kill` and `--terminate` end, in this order. */
export const SERVICES = ['event-producer', 'router', 'dispatcher', 'recorder', 'subscription-service']

type DemoResult = Record<string, number> & { latencyMs: object; killed: string[] }

/**
 * Runs `npm run demo` on a system of its own, and returns what it has printed.
 *
 * @param name - of the system's home; differs between tests that run in parallel
 * @throws when it has found a violation, with everything that it printed to standard error
 */
export async function demo(name: string, ...args: string[]): Promise<DemoResult> {
  const home = join(process.env.HOOKLANE_HOME ?? '.hooklane', name)
  const command = ['run', '--silent', 'demo', '--', '--apps', '20', ...args, '--json']
  const { stdout, stderr, exitCode } = await runCommand('npm', command, ownServersEnvironment(home), 900_000)
  if (exitCode !== 0) throw new Error(stderr)
  const lines = stdout.trim().split('\n')
  if (lines.length !== 1) throw new Error(`expected one line of JSON:\n${stdout}\n${stderr}`)
  return JSON.parse(lines[0]!) as DemoResult
}
