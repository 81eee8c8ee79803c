import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseApiKey } from '@hooklane/core/secrets'
import { eventually } from '@hooklane/testing'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmptyDatabase, type TestDatabase } from '../integration/postgres/test-database.js'
import { ServiceProcess } from '../integration/support/service-process.js'
import { Scratch } from './support/launcher.js'
import { ROOT, runCommand, type CommandResult } from './support/run-command.js'

const TEST_LIMIT_MS = 300_000

/** The five services, as containers of the image would run them, on the servers of the test run. */
class RunningImage {
  #apiUrl = ''

  private constructor(
    private readonly database: TestDatabase,
    private readonly services: readonly ServiceProcess[],
    private readonly operatorKey: string,
  ) {}

  static async start(
    app: string,
    run: (command: string, env: NodeJS.ProcessEnv) => Promise<CommandResult>,
  ): Promise<RunningImage> {
    const database = await createEmptyDatabase('image')
    const operatorKey = (await run('operator-key', {})).stdout.trim()
    const env = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: process.env.KAFKA_BROKERS,
      TOPIC_PREFIX: `image-${randomBytes(4).toString('hex')}.`,
      SECRETS_KEY: randomBytes(32).toString('base64'),
      OPERATOR_KEY: operatorKey,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
    }
    const setUp = await run('setup', env)
    expect(setUp).toMatchObject({ exitCode: 0, stderr: '' })
    const services = SERVICES.map(
      (service) =>
        new ServiceProcess(service, [...NODE_FLAGS, join(app, 'tools/image/service.mjs'), service], env, app),
    )
    return new RunningImage(database, services, operatorKey)
  }

  async ready(): Promise<void> {
    await Promise.all(this.services.map((service) => service.ready(TEST_LIMIT_MS)))
    this.#apiUrl = await eventually(
      () => {
        const line = this.services[0]?.lines().find(({ message }) => message === 'the API is listening')
        expect(line).toBeDefined()
        return String(line?.url)
      },
      { withinMs: TEST_LIMIT_MS },
    )
  }

  async call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(new URL(path, this.#apiUrl), {
      method,
      headers: {
        authorization: `Bearer ${this.operatorKey}`,
        'hooklane-company': 'cmp_1',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.end('SIGTERM')))
    await this.database.drop()
  }
}

/** The flags of the image's entry point. */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=64']

const SERVICES = ['subscription-service', 'event-producer', 'router', 'dispatcher', 'recorder']

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
      app,
    )

  it(
    'each service loads, and asks for its settings',
    async () => {
      const { services } = composeOf(await readFile(join(ROOT, 'docker-compose.yml'), 'utf8'))
      expect(services).toEqual(SERVICES)
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
    // The pages of the API's documentation are the only package whose files are served.
    expect(await readdir(join(app, 'node_modules'))).toEqual(['swagger-ui-dist'])
    const files = await readdir(app, { recursive: true })
    expect(files.filter((file) => /\.spec\.|\.ts$|tsbuildinfo/.test(file))).toEqual([])
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

  it(
    'all services start from it: it is set up, they become ready, the API serves its pages, and refuses what the database refuses',
    async () => {
      const image = await RunningImage.start(app, run)
      try {
        await image.ready()
        for (const page of ['/docs', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css', '/v1/openapi.json']) {
          expect([page, (await image.call('GET', page)).status]).toEqual([page, 200])
        }
        // Names of classes are names of schemas.
        expect((await image.call('GET', '/v1/openapi.json')).body).toMatchObject({
          components: { schemas: { AppView: { properties: { externalId: {} } } } },
        })
        await image.call('PUT', '/v1/companies/cmp_1', { name: 'Nordlys' })
        const shop = { name: 'Shop', externalId: 'shop-1' }
        expect(await image.call('POST', '/v1/apps', shop)).toMatchObject({ status: 201 })
        expect(await image.call('POST', '/v1/apps', shop)).toMatchObject({
          status: 409,
          body: { code: 'EXTERNAL_ID_TAKEN' },
        })
        expect(await image.call('POST', '/v1/apps', { nam: 'x' })).toMatchObject({ status: 400 })
      } finally {
        await image.stop()
      }
    },
    TEST_LIMIT_MS,
  )

  it('a container whose service does not answer is not healthy', async () => {
    expect((await run('healthy', { HEALTH_PORT: '1' })).exitCode).not.toBe(0)
  })
})

/** The commands of the long-running services. */
function composeOf(text: string): { services: string[] } {
  const commands = [...text.matchAll(/^ {4}command: \['([\w-]+)'\]$/gm)].map(([, command]) => command ?? '')
  return { services: commands.filter((command) => command !== 'setup') }
}
