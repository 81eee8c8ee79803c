import { describe, expect, it } from '@jest/globals'
import { join } from 'node:path'
import { ownServersEnvironment, runCommand } from './support/run-command.js'

const HOME = process.env.HOOKLANE_HOME ?? '.hooklane'

async function demo(...args: string[]) {
  const home = join(HOME, 'demo-runs')
  const result = await runCommand(
    'npm',
    ['run', '--silent', 'demo', '--', ...args, '--json'],
    ownServersEnvironment(home),
    900_000,
  )
  const lines = result.stdout.trim().split('\n')
  if (lines.length !== 1) throw new Error(`expected one line of JSON:\n${result.stdout}\n${result.stderr}`)
  return { ...result, line: JSON.parse(lines[0]!) as Record<string, number> & { latencyMs: object; killed: string[] } }
}

const NOTHING_BROKEN = {
  lost: 0,
  reordered: 0,
  overlapping: 0,
  badSignatures: 0,
  sequenceHoles: 0,
  phantoms: 0,
  foreign: 0,
}
const SERVICES = ['event-producer', 'router', 'dispatcher', 'recorder', 'subscription-service']

describe('npm run demo', () => {
  it('delivers 2,000 changes to 20 apps: nothing lost, reordered, overlapping, or badly signed', async () => {
    const { line, exitCode, stderr } = await demo('--changes', '2000', '--apps', '20')
    if (exitCode !== 0) throw new Error(stderr)
    expect(line).toMatchObject({ ...NOTHING_BROKEN, duplicates: 0 })
    expect(line.changes).toBeGreaterThanOrEqual(2000)
    expect(line.deliveries).toBeGreaterThan(2000)
    expect(line.delivered).toBe(line.deliveries)
  })

  it('keeps order and loses nothing when each service is killed once under load', async () => {
    const { line, exitCode, stderr } = await demo('--changes', '2000', '--apps', '20', '--kill')
    if (exitCode !== 0) throw new Error(stderr)
    expect(line).toMatchObject({ ...NOTHING_BROKEN, killed: SERVICES })
    expect(line.delivered).toBe(line.deliveries)
  })

  it('a service that gets SIGTERM under load ends in time and causes no duplicate', async () => {
    const { line, exitCode, stderr } = await demo('--changes', '1000', '--apps', '20', '--terminate')
    if (exitCode !== 0) throw new Error(stderr)
    expect(line).toMatchObject({ ...NOTHING_BROKEN, duplicates: 0, killed: SERVICES })
    expect(line.delivered).toBe(line.deliveries)
  })
})
