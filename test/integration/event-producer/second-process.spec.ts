import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { createEmptyDatabase, type TestDatabase } from '../postgres/test-database.js'
import { CaptureWorld, FREQUENT_CHECKS } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

const TABLE = `CREATE TABLE item (id text PRIMARY KEY, note text); ALTER TABLE item REPLICA IDENTITY FULL`

describe('a source that one process is reading', () => {
  let world: CaptureWorld
  let directory: string
  let server: Awaited<ReturnType<typeof startPostgres>>
  let other: TestDatabase
  let producer: ProducerProcess

  beforeAll(async () => {
    world = await CaptureWorld.create()
    directory = await mkdtemp(join(tmpdir(), 'hl-other-'))
    server = await startPostgres({ dataDir: join(directory, 'postgres') })
    other = await createEmptyDatabase('pim', server.url)
    for (const database of [world.pim, other]) await database.query(TABLE)
    await world.capture('public.item: { resource: items, entity: item, id: id }', 'company: { value: cmp_1 }')
    producer = world.start({ ...FREQUENT_CHECKS })
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('1')`)
    await world.eventsAfter(1)
  })
  afterAll(async () => {
    await world.close()
    await other.drop()
    await server.stop()
    await rm(directory, { recursive: true })
  })

  it('is not refused because another process was started with the URL of another server', async () => {
    const wrong = world.start({ PIM_URL: other.url, ...FREQUENT_CHECKS })
    const refusal = await wrong.refusal('pim')
    await wrong.end('SIGTERM')
    await world.pim.query(`INSERT INTO item VALUES ('2')`)
    await world.eventsAfter(2)
    await producer.reads('pim')
    await producer.end('SIGTERM')
    producer = world.start({ ...FREQUENT_CHECKS })
    await eventually(async () => {
      const part = (await producer.health()).parts['source pim']
      if (part?.ready !== true && !/^[A-Z_]+: /.test(part?.detail ?? '')) throw new Error('not yet')
    })
    expect({ refusal, then: (await producer.health()).parts['source pim'] }).toEqual({
      refusal: expect.any(String),
      then: { ready: true, detail: 'streaming' },
    })
  })

  it('announces also when its sessions are read-only by default', async () => {
    await producer.end('SIGTERM')
    await world.pim
      .query(`CREATE TABLE price (id int PRIMARY KEY) PARTITION BY RANGE (id); ALTER TABLE price REPLICA IDENTITY FULL;
      CREATE TABLE price_0 PARTITION OF price FOR VALUES FROM (0) TO (100); ALTER TABLE price_0 REPLICA IDENTITY FULL`)
    await world.captureText(
      `sources:\n  - name: prices\n    database: \${PIM_URL}\n    company: { value: cmp_1 }\n    tables:\n      public.price: { resource: prices, entity: price, id: id }\n`,
    )
    producer = world.start({ ...FREQUENT_CHECKS })
    await producer.reads('prices')
    const name = new URL(world.pim.url).pathname.slice(1)
    await world.own.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
    await world.pim.query('TRUNCATE price_0')
    await eventually(() => expect(world.events().filter(({ type }) => type === 'resync.required')).toHaveLength(1))
  })

  it('by a role that only belongs to one with REPLICATION is refused with the right that it lacks', async () => {
    await producer.end('SIGTERM')
    const suffix = world.prefix.replace(/[^a-z0-9]/g, '')
    await world.own
      .query(`CREATE ROLE group_${suffix} REPLICATION; CREATE ROLE login_${suffix} LOGIN SUPERUSER PASSWORD 'p';
      ALTER ROLE login_${suffix} NOSUPERUSER; GRANT group_${suffix} TO login_${suffix}`)
    const url = new URL(world.pim.url)
    url.username = `login_${suffix}`
    url.password = 'p'
    await world.own.query(`ALTER DATABASE ${url.pathname.slice(1)} SET default_transaction_read_only = off`)
    await world.own.query(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO login_${suffix}`)
    const session = await world.session()
    await session.query(`SET default_transaction_read_only = off`)
    await session.query(
      `CREATE TABLE owned (id int PRIMARY KEY); ALTER TABLE owned REPLICA IDENTITY FULL; ALTER TABLE owned OWNER TO login_${suffix}`,
    )
    await world.captureText(
      `sources:\n  - name: owned\n    database: \${PIM_URL}\n    company: { value: cmp_1 }\n    tables:\n      public.owned: { resource: owned, entity: owned, id: id }\n`,
    )
    producer = world.start({ PIM_URL: url.href })
    const refusal = await producer.refusal('owned')
    expect(refusal).toMatch(/^REPLICATION_RIGHT: /)
    // A slot that somebody else makes does not help: the role cannot read from it either.
    expect(refusal).not.toContain('pg_create')
  })
})
