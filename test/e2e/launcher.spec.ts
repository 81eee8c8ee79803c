import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { existsSync } from 'node:fs'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { badSurroundings } from './support/bad-surroundings.js'
import { freePort, launcherEnvironment, occupyPort, processesOf, runLauncher, Scratch } from './support/launcher.js'
import type { Stack } from './support/local-system.js'
import { ROOT, runCommand } from './support/run-command.js'

const START_LIMIT_MS = 300_000
const TEST_LIMIT_MS = 300_000

let scratch: Scratch
let home: string
let started: Awaited<ReturnType<typeof runLauncher>>

beforeAll(async () => {
  scratch = await Scratch.make()
  home = scratch.path('beside')
  started = await runLauncher('start', ['--no-sample', '--detach'], launcherEnvironment(home))
}, START_LIMIT_MS)

afterAll(async () => {
  await runLauncher('stop', [], launcherEnvironment(home))
  await scratch.remove()
}, START_LIMIT_MS)

const readStack = async (): Promise<Stack> => JSON.parse(await readFile(join(home, 'stack.json'), 'utf8')) as Stack

const healthOfAll = async (): Promise<number[]> => {
  const { services } = await readStack()
  const answers = await Promise.all(services.map(({ healthUrl }) => fetch(healthUrl)))
  return answers.map(({ status }) => status)
}

describe('npm start -- --detach', () => {
  it('shows the start, returns when the system is ready and leaves it running', async () => {
    expect(started).toMatchObject({ exitCode: 0, stderr: '' })
    expect(started.stdout).toMatch(/Hooklane is running/)
    expect(started.stdout).toMatch(/Running in the background \(pid \d+\); npm stop ends it/)
    expect(await healthOfAll()).toEqual([200, 200, 200, 200, 200])
  })

  it('shows no password of the database, and only the owner may read its log', async () => {
    const { databaseUrl } = await readStack()
    const log = join(home, 'logs', 'launcher.log')
    const { password, host, pathname } = new URL(databaseUrl)
    for (const said of [started.stdout, await readFile(log, 'utf8')]) {
      expect(said).toContain(`Database   postgres://postgres:***@${host}${pathname}`)
      expect(said).not.toContain(password)
    }
    expect((await stat(log)).mode & 0o777).toBe(0o600)
  })
})

describe('npm start in bad surroundings prints one line that says what to do, ends, and leaves nothing running', () => {
  let before: string

  beforeAll(async () => {
    before = await readFile(join(home, 'stack.json'), 'utf8')
  })

  afterEach(async () => {
    // The other system keeps running: the same processes, all ready.
    expect(await readFile(join(home, 'stack.json'), 'utf8')).toBe(before)
    expect(await healthOfAll()).toEqual([200, 200, 200, 200, 200])
  })

  it.each(badSurroundings.map((surroundings) => [surroundings.title, surroundings] as const))(
    '%s',
    async (_title, { arrange, says, exitCode = 1, evidence = false }) => {
      const own = scratch.path(`home-${Math.random().toString(36).slice(2)}`)
      const {
        args = [],
        env = {},
        nodeOptions = [],
        program = 'start',
        wrap = [],
        root = ROOT,
        release,
      } = await arrange({ scratch, home: own, besideHome: home })
      try {
        const refused = await runLauncher(program, args, launcherEnvironment(own, env), { root, nodeOptions, wrap })
        const [line = '', ...rest] = refused.stderr.trim().split('\n')
        expect(line).toMatch(says)
        expect(refused.exitCode).toBe(exitCode)
        // Only the output of another program, or the usage, may follow.
        if (!evidence && exitCode === 1) expect(rest).toEqual([])
        expect(refused.stderr).not.toMatch(/^ {4}at /m)
        expect(await processesOf(own)).toEqual([])
        expect(existsSync(join(own, 'launcher.lock'))).toBe(false)
        expect(existsSync(join(own, 'processes.json'))).toBe(false)
      } finally {
        await release?.()
      }
    },
    TEST_LIMIT_MS,
  )
})

describe('a service', () => {
  it(
    'whose configured HTTP_PORT or HEALTH_PORT is taken names the setting and ends with 1',
    async () => {
      const { databaseUrl, kafkaBrokers } = await readStack()
      const [taken, healthPort, secretsKey, operatorKey] = [
        await occupyPort(),
        await freePort(),
        await readFile(join(home, 'secrets', 'secrets-key'), 'utf8').then((text) => text.trim()),
        await readFile(join(home, 'secrets', 'operator-key'), 'utf8').then((text) => text.trim()),
      ]
      const env = {
        ...launcherEnvironment(home),
        DATABASE_URL: databaseUrl,
        KAFKA_BROKERS: kafkaBrokers.join(','),
        SECRETS_KEY: secretsKey,
        OPERATOR_KEY: operatorKey,
        HTTP_HOST: '127.0.0.1',
        HEALTH_HOST: '127.0.0.1',
      }
      const start = (ports: NodeJS.ProcessEnv) =>
        runCommand(process.execPath, [join(ROOT, 'dist/subscription-service.js')], { ...env, ...ports }, TEST_LIMIT_MS)
      try {
        const [api, health] = await Promise.all([
          start({ HTTP_PORT: String(taken.port), HEALTH_PORT: String(healthPort) }),
          start({ HTTP_PORT: '0', HEALTH_PORT: String(taken.port) }),
        ])
        expect(api.exitCode).toBe(1)
        expect(api.stdout).toContain(`HTTP_PORT=${taken.port}: another program listens on this port`)
        expect(health.exitCode).toBe(1)
        expect(health.stdout).toContain(`HEALTH_PORT=${taken.port}: another program listens on this port`)
      } finally {
        await taken.release()
      }
    },
    TEST_LIMIT_MS,
  )
})

describe('npm run status', () => {
  it('shows processes, ages, addresses and lag in a table that fits a terminal', async () => {
    const { stdout, exitCode } = await runLauncher('status', [], launcherEnvironment(home))
    expect(exitCode).toBe(0)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(100)
    expect(stdout).toContain('Hooklane is running: every service is ready.')
    const { services, apiUrl } = await readStack()
    expect(stdout).toContain(`${apiUrl}/v1`)
    for (const { name, pid, healthUrl } of services) {
      expect(stdout).toMatch(new RegExp(`${name}.* ready +${pid} +.*\\d (s|min|h).* ${new URL(healthUrl).host}`))
    }
    expect(stdout).toMatch(/^postgres +running +\d+/m)
    expect(stdout).toMatch(/^kafka +running +\d+/m)
    expect(stdout).toMatch(/^router +events +0 records/m)
    expect(stdout).toMatch(/^recorder +attempts, dead-letters +0 records/m)
    expect(stdout).toMatch(/^replication slot +\S+ +[\d.]+ (B|KiB|MiB)/m)
  })

  it('prints the same as JSON with --json, without the password', async () => {
    const { stdout, exitCode } = await runLauncher('status', ['--json'], launcherEnvironment(home))
    expect(exitCode).toBe(0)
    const { databaseUrl, services } = await readStack()
    const report = JSON.parse(stdout) as { state: string; services: { pid: number }[]; lag: { reader: string }[] }
    expect(report).toMatchObject({ state: 'running', serversFrom: 'embedded', home })
    expect(report.services.map(({ pid }) => pid)).toEqual(services.map(({ pid }) => pid))
    expect(new Set(report.lag.map(({ reader }) => reader))).toEqual(
      new Set(['replication slot', 'router', 'dispatcher', 'recorder']),
    )
    expect(stdout).not.toContain(new URL(databaseUrl).password)
  })

  it(
    'names a service that does not answer and exits with 1',
    async () => {
      const { services } = await readStack()
      const recorder = services.find(({ name }) => name === 'recorder')
      process.kill(recorder!.pid, 'SIGSTOP')
      try {
        const { stdout, exitCode } = await runLauncher('status', [], launcherEnvironment(home))
        expect(exitCode).toBe(1)
        expect(stdout).toContain('not every service is ready')
        expect(stdout).toMatch(/^recorder does not answer$/m)
      } finally {
        process.kill(recorder!.pid, 'SIGCONT')
      }
    },
    TEST_LIMIT_MS,
  )

  it(
    'names the new process of a service that was killed',
    async () => {
      const pidOfRecorder = async () => (await readStack()).services.find(({ name }) => name === 'recorder')!.pid
      const killed = await pidOfRecorder()
      process.kill(killed, 'SIGKILL')
      await eventually(
        async () => {
          const pid = await pidOfRecorder()
          expect(pid).not.toBe(killed)
          // Throws while there is no such process.
          process.kill(pid, 0)
          const { stdout, exitCode } = await runLauncher('status', [], launcherEnvironment(home))
          expect(exitCode).toBe(0)
          expect(stdout).toMatch(new RegExp(`^recorder +ready +${pid} `, 'm'))
        },
        { withinMs: TEST_LIMIT_MS },
      )
    },
    TEST_LIMIT_MS,
  )

  it('says how to start a system that is not running, and exits with 3', async () => {
    const idle = scratch.path('idle')
    const { stdout, exitCode } = await runLauncher('status', [], launcherEnvironment(idle))
    expect(exitCode).toBe(3)
    expect(stdout).toContain('Hooklane is not running.')
    expect(stdout).toContain('Start it with npm start')
    expect(existsSync(idle)).toBe(false)
  })
})

describe('npm stop and npm run reset', () => {
  it(
    'npm stop ends every process and leaves the data, npm run reset removes it',
    async () => {
      expect(await processesOf(home)).not.toEqual([])
      const stopped = await runLauncher('stop', [], launcherEnvironment(home))
      expect(stopped.exitCode).toBe(0)
      expect(stopped.stdout).toContain('Stopped.')
      expect(await processesOf(home)).toEqual([])
      expect(existsSync(join(home, 'stack.json'))).toBe(false)
      expect(await readdir(join(home, 'postgres'))).toContain('cluster')
      expect(await runLauncher('status', ['--json'], launcherEnvironment(home))).toMatchObject({ exitCode: 3 })

      const again = await runLauncher('stop', [], launcherEnvironment(home))
      expect(again.exitCode).toBe(0)
      expect(again.stdout).toContain('Nothing runs in')

      const reset = await runLauncher('stop', ['--reset'], launcherEnvironment(home))
      expect(reset.exitCode).toBe(0)
      expect(reset.stdout).toContain('Removed the data')
      for (const gone of ['postgres', 'kafka', 'secrets', 'logs']) expect(await readdir(home)).not.toContain(gone)
    },
    TEST_LIMIT_MS,
  )
})
