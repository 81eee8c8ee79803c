import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { launcherEnvironment, runLauncher, Scratch } from './support/launcher.js'

const SUPPORT = join(import.meta.dirname, 'support')
const TEST_LIMIT_MS = 300_000

interface Call {
  readonly args: string[]
  readonly POSTGRES_PORT?: string
  readonly KAFKA_PORT?: string
  readonly hasPassword: boolean
}

/** No Docker is available in tests. A fake `docker` on the PATH records and answers the calls of the launcher. */
describe('with Docker', () => {
  let scratch: Scratch
  let path: string
  let pathWithoutJava: string
  let home: string
  let log: string
  let homes = 0

  beforeAll(async () => {
    scratch = await Scratch.make()
    const fake = `exec node ${join(SUPPORT, 'fake-docker.mjs')} "$@"`
    path = await scratch.pathWith('bin', ['node', 'sh', 'id', 'java'], { docker: fake })
    pathWithoutJava = await scratch.pathWith('bin-without-java', ['node', 'sh', 'id'], { docker: fake })
  })

  afterAll(async () => {
    await scratch.remove()
  })

  beforeEach(async () => {
    homes += 1
    home = scratch.path(`home-${homes}`)
    log = await scratch.file(`docker-${homes}.log`)
  })

  const calls = async (): Promise<Call[]> =>
    (await readFile(log, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Call)

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ...launcherEnvironment(home),
    HOOKLANE_SERVERS: 'auto',
    PATH: path,
    FAKE_DOCKER_LOG: log,
    FAKE_DOCKER_POSTGRES: new URL(process.env.DATABASE_URL ?? '').host,
    FAKE_DOCKER_KAFKA: process.env.KAFKA_BROKERS ?? '',
    ...more,
  })

  /** Starts the launcher's servers in a separate process, which runs until `stop`. */
  async function startServers(env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [join(SUPPORT, 'servers-process.mjs')], { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const addresses = async () => {
      const line = await eventually(
        () => {
          const found = said.split('\n').find((candidate) => candidate.startsWith('{'))
          if (found === undefined) throw new Error(`the servers have not started:\n${said}`)
          return found
        },
        { withinMs: TEST_LIMIT_MS },
      )
      return JSON.parse(line) as { serverUrl: string; kafkaBrokers: string[]; servers: string }
    }
    const stop = () => {
      child.stdin.end()
      return exited
    }
    return { addresses, stop, exited, said: () => said }
  }

  it(
    'Compose starts Kafka and PostgreSQL on loopback ports of their own when an engine answers, and stops them at the end',
    async () => {
      const system = await startServers(environment())
      const { serverUrl, kafkaBrokers, servers } = await system.addresses()
      expect(servers).toBe('docker')
      const [info, version, up] = await calls()
      expect(info?.args[0]).toBe('info')
      expect(version?.args.slice(0, 2)).toEqual(['compose', 'version'])
      expect(up?.args.slice(-7)).toEqual(['up', '--detach', '--wait', '--wait-timeout', '180', 'postgres', 'kafka'])
      expect(up?.args.join(' ')).toMatch(/^compose --project-name hooklane-[0-9a-f]{10} --file \S+docker-compose\.yml /)
      expect(up).toMatchObject({ POSTGRES_PORT: new URL(serverUrl).port, hasPassword: true })
      expect(kafkaBrokers).toEqual([`127.0.0.1:${up?.KAFKA_PORT ?? ''}`])
      // The published port leads to the server of the test run, as it would to a container. Only the password differs.
      const client = new pg.Client({ connectionString: withPasswordOf(serverUrl, process.env.DATABASE_URL ?? '') })
      await client.connect()
      await client.end()

      expect(await system.stop()).toBe(0)
      expect((await calls()).at(-1)?.args.at(-1)).toBe('stop')
      expect((await readFile(join(home, 'servers'), 'utf8')).trim()).toBe('docker')
    },
    TEST_LIMIT_MS,
  )

  it(
    'a home that was deleted and created again gets new volumes, because the old ones have another password',
    async () => {
      const startOnce = async () => {
        const system = await startServers(environment())
        await system.addresses()
        expect(await system.stop()).toBe(0)
      }
      await startOnce()
      await startOnce()
      await rm(home, { recursive: true })
      await startOnce()
      const used = (await calls()).filter(({ args }) => args.includes('--project-name'))
      const projects = used.map(({ args }) => args[args.indexOf('--project-name') + 1])
      const [before, after] = [projects[0], projects.at(-1)]
      expect(projects).toEqual([before, before, before, before, after, after])
      expect(after).not.toBe(before)
    },
    TEST_LIMIT_MS,
  )

  it(
    'only the server that the environment does not name is started',
    async () => {
      const system = await startServers(environment({ KAFKA_BROKERS: process.env.KAFKA_BROKERS }))
      const { kafkaBrokers } = await system.addresses()
      expect(kafkaBrokers.join(',')).toBe(process.env.KAFKA_BROKERS)
      expect((await calls()).find(({ args }) => args.includes('up'))?.args.slice(-2)).toEqual(['180', 'postgres'])
      expect(await system.stop()).toBe(0)
    },
    TEST_LIMIT_MS,
  )

  it(
    'containers that do not start are stopped, and the launcher says how to do without Docker',
    async () => {
      const system = await startServers(environment({ FAKE_DOCKER_FAILS: 'compose up' }))
      expect(await system.exited).toBe(1)
      expect(system.said()).toMatch(
        /docker compose up failed \(exit 1\)\. Fix what Docker reports, or set HOOKLANE_SERVERS=embedded to run Kafka and PostgreSQL without Docker/,
      )
      expect(system.said()).toContain('compose up does not work today')
      expect((await calls()).at(-1)?.args.at(-1)).toBe('stop')
    },
    TEST_LIMIT_MS,
  )

  /** Shows which servers are chosen without starting any: the start is refused for another reason. */
  const startWithoutJava = (env: NodeJS.ProcessEnv) =>
    runLauncher('start', ['--no-sample'], { ...env, PATH: pathWithoutJava })

  it('HOOKLANE_SERVERS=embedded does not ask Docker', async () => {
    const { stderr } = await startWithoutJava(environment({ HOOKLANE_SERVERS: 'embedded' }))
    expect(stderr).toContain('Java was not found')
    expect(await calls()).toEqual([])
  })

  it.each([['info'], ['compose version']])('embedded servers are used when docker %s fails', async (command) => {
    const { stderr } = await startWithoutJava(environment({ FAKE_DOCKER_FAILS: command }))
    expect(stderr).toContain('Java was not found')
  })

  it.each(['2.23.3', 'v2.23.0-desktop.1', '1.29.2'])(
    'Compose %s cannot read docker-compose.yml: embedded servers are used, and the start says why',
    async (version) => {
      const { stdout, stderr } = await startWithoutJava(environment({ FAKE_DOCKER_COMPOSE: version }))
      expect(stderr).toContain('Java was not found')
      expect(stdout).toContain(`running embedded servers, because Docker Compose ${version} is older than 2.24`)
    },
  )

  it.each(['2.24.0', 'v2.24.6-desktop.1', '5.0.1'])('Compose %s is used', async (version) => {
    const system = await startServers(environment({ FAKE_DOCKER_COMPOSE: version }))
    expect((await system.addresses()).servers).toBe('docker')
    expect(await system.stop()).toBe(0)
  })

  it('HOOKLANE_SERVERS=docker is refused when no engine answers', async () => {
    const { stderr, exitCode } = await startWithoutJava(
      environment({ HOOKLANE_SERVERS: 'docker', FAKE_DOCKER_FAILS: 'info' }),
    )
    expect(stderr.trim()).toBe(
      'HOOKLANE_SERVERS=docker, but no Docker engine answers. Start or update Docker, or unset HOOKLANE_SERVERS.',
    )
    expect(exitCode).toBe(1)
  })

  it('data in Docker volumes is not silently left behind', async () => {
    await scratch.file(`home-${homes}/servers`, 'docker\n')
    const silent = await startWithoutJava(environment({ FAKE_DOCKER_FAILS: 'info' }))
    expect(silent.stderr).toMatch(
      /is stored in Docker volumes, but no Docker engine answers\. Start or update Docker to keep using that data/,
    )
    const forced = await startWithoutJava(environment({ HOOKLANE_SERVERS: 'embedded' }))
    expect(forced.stderr).toMatch(/HOOKLANE_SERVERS=embedded, but the data of .* is stored in Docker volumes\. Unset/)
  })

  it('a home with data of embedded servers keeps them, although a Docker engine answers', async () => {
    await scratch.folder(`home-${homes}/postgres/cluster`)
    const { stderr } = await startWithoutJava(environment())
    expect(stderr).toContain('Java was not found')
    expect(await calls()).toEqual([])
  })

  it('npm run reset removes the containers and their volumes', async () => {
    await scratch.file(`home-${homes}/servers`, 'docker\n')
    const reset = await runLauncher('stop', ['--reset'], environment())
    expect(reset).toMatchObject({ exitCode: 0 })
    expect((await calls()).at(-1)?.args.slice(-2)).toEqual(['down', '--volumes'])
    expect(existsSync(join(home, 'servers'))).toBe(false)
  })
})

function withPasswordOf(url: string, other: string): string {
  const merged = new URL(url)
  const { username, password } = new URL(other)
  Object.assign(merged, { username, password })
  return merged.href
}
