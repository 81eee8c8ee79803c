import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** Rows of each table in one transaction: more than one request to Kafka takes. */
const ROWS = 6_000

const A = `public.a: { resource: as, entity: a, id: id }`
const B = `public.b: { resource: bs, entity: b, id: id }`

describe('a transaction that is half-published when the process is killed', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const positions = () => world.eventRecords().map((record) => String(record.headers['hooklane-position']))
  const idsOf = (resource: string) =>
    world
      .events()
      .filter(({ type }) => type.startsWith(`${resource}.`))
      .map(({ entity }) => Number(entity.id))
  /** Kills it in the middle of the transaction that `statements` make: some of its events are in Kafka, others are not. */
  const killWithin = async (statements: string) => {
    const before = positions().length
    const committed = world.pim.query(statements)
    await eventually(async () => {
      if ((await producer.metric('capture_published_total', 'pim')) < 1_000) throw new Error('not yet')
    })
    await producer.end('SIGKILL')
    await committed
    await eventually(() => expect(positions().length).toBeGreaterThan(before))
  }

  beforeAll(async () => {
    world = await CaptureWorld.create()
    await world.pim.query(`
      CREATE TABLE a (id int PRIMARY KEY, company_id text, v text);
      CREATE TABLE b (id int PRIMARY KEY, company_id text, v text);
      ALTER TABLE a REPLICA IDENTITY FULL;
      ALTER TABLE b REPLICA IDENTITY FULL`)
    await world.capture(`${A}\n${B}`)
    producer = world.start()
    await producer.ready()
  })
  afterAll(() => world.close())

  it('is published as it was begun when a table leaves the file, and loses none of the others', async () => {
    await killWithin(
      `DO $$ BEGIN FOR i IN 1..${ROWS} LOOP INSERT INTO a VALUES (i, 'c-1', 'v'); INSERT INTO b VALUES (i, 'c-1', 'v'); END LOOP; END $$`,
    )
    await world.capture(A)
    producer = world.start()
    await producer.ready()
    await world.pim.query(
      `INSERT INTO b VALUES (${ROWS + 1}, 'c-1', 'late'); INSERT INTO a VALUES (${ROWS + 1}, 'c-1', 'late')`,
    )
    await eventually(() => expect(idsOf('as')).toContain(ROWS + 1))
    const all = Array.from({ length: ROWS }, (_, i) => i + 1)
    expect(new Set(idsOf('as'))).toEqual(new Set([...all, ROWS + 1]))
    // Under the file of today b is not captured: only what was begun before is.
    expect(new Set(idsOf('bs'))).toEqual(new Set(all))
    expect(new Set(positions()).size).toBe(positions().length)
  })

  it('has the ids that it was begun with when the id columns change', async () => {
    await producer.end('SIGTERM')
    producer = world.start()
    await producer.ready()
    await killWithin(`INSERT INTO a SELECT i, 'c-1', 'w' || i FROM generate_series(100001, ${100_000 + ROWS}) AS i`)
    await world.capture(`public.a: { resource: as, entity: a, id: [v, id] }`)
    await world.pim.query('CREATE UNIQUE INDEX ON a (v, id)')
    producer = world.start()
    await producer.ready()
    await world.pim.query(`INSERT INTO a VALUES (-1, 'c-1', 'last')`)
    await eventually(() => expect(world.events().at(-1)?.entity.id).toBe('last:-1'))
    const begun = idsOf('as').filter((id) => id > 100_000)
    expect(new Set(begun).size).toBe(ROWS)
    expect(begun).toHaveLength(ROWS)
  })
})

describe('rows of one record of the log', () => {
  let world: CaptureWorld

  beforeAll(async () => {
    world = await CaptureWorld.create()
    await world.pim.query(`CREATE TABLE a (id int PRIMARY KEY, company_id text); ALTER TABLE a REPLICA IDENTITY FULL`)
    await world.capture(A)
    await world.start().ready()
  })
  afterAll(() => world.close())

  it('have each a position of their own, in their order', async () => {
    // What COPY does: many rows share one record.
    await world.pim.query(
      `CREATE TABLE source AS SELECT i AS id, 'c-1' AS company_id FROM generate_series(1, 500) AS i`,
    )
    const session = await world.session()
    await session.query(`COPY source TO '/tmp/${world.prefix}rows.csv' (FORMAT csv)`)
    await session.query(`COPY a FROM '/tmp/${world.prefix}rows.csv' (FORMAT csv)`)
    const events = await world.eventsAfter(500)
    expect(events.map(({ entity }) => Number(entity.id))).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    const lsns = events.map(({ revision }) => (revision?.id ?? '').split('-')[2])
    expect(new Set(lsns).size).toBeLessThan(500)
  })
})
