import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseApiKey } from '@hooklane/core/access'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Scratch } from './support/launcher.js'
import { ROOT, runCommand } from './support/run-command.js'

const TEST_LIMIT_MS = 300_000

describe('the image', () => {
  let scratch: Scratch
  let app: string

  beforeAll(async () => {
    scratch = await Scratch.make()
    app = scratch.path('app')
    // What the last stage of the Dockerfile copies, in a folder from which no packages can be found.
    const made = await runCommand(
      process.execPath,
      [join(ROOT, 'tools/image/runtime-files.mjs'), app],
      process.env,
      TEST_LIMIT_MS,
    )
    expect(made).toMatchObject({ exitCode: 0, stderr: '' })
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

  it('holds the migrations, the licences of all bundled packages, and no tests, types or packages', async () => {
    expect(existsSync(join(app, 'libs/postgres/migrations/0001_dispatch.sql'))).toBe(true)
    expect(existsSync(join(app, 'libs/postgres/migrations/repeatable/01_roles.sql'))).toBe(true)
    const licences = await readFile(join(app, 'dist/third-party-licences.txt'), 'utf8')
    for (const name of ['kafkajs', 'pg', '@nestjs/core', 'zod']) {
      expect(licences).toMatch(new RegExp(`^=== ${name} [\\d.]+ \\([\\w-]+\\)\\n\\n\\S`, 'm'))
    }
    const files = await readdir(app, { recursive: true })
    expect(files.filter((file) => /node_modules|\.spec\.|\.ts$|tsbuildinfo/.test(file))).toEqual([])
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
