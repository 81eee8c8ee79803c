import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { startRelease, type PostgresRelease } from '../support/postgres-release.js'
import { CaptureWorld } from './capture-world.js'

const FULL = 'ALTER TABLE item REPLICA IDENTITY FULL'

/** The oldest release that can be captured, and the newest. */
describe.each([15, 18] as const)('an event of PostgreSQL %d', (release) => {
  let server: PostgresRelease
  let world: CaptureWorld
  const sql = (statements: string) => world.pim.query(statements)
  const capture = (more = '') =>
    world.capture(`public.item: { resource: items, entity: item, id: id${more} }`, 'company: { value: c-1 }')

  beforeAll(async () => {
    server = await startRelease(release)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    world = await CaptureWorld.create(server.url)
  })
  afterEach(() => world.close())

  it('tells values of types that the database defines by what they stand on', async () => {
    await sql(`CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE TYPE season AS ENUM ('spring', 'autumn');
      CREATE DOMAIN flag AS boolean; CREATE DOMAIN qty AS int; CREATE DOMAIN few AS qty; CREATE DOMAIN doc AS jsonb; CREATE DOMAIN list AS text[];
      CREATE TABLE item (id int PRIMARY KEY, seasons season[], active flag, n few, ns qty[], attrs doc, tags citext[], names list, pairs hstore);
      ${FULL}`)
    await capture(', when: { active: true }')
    const producer = world.start()
    await producer.ready()
    await sql(`INSERT INTO item VALUES
      (1, '{spring,autumn}', true, 5, '{5,NULL}', '{"w":1.5}', '{Red,Blue}', '{a,"b c"}', 'k=>v, "a b"=>NULL')`)
    await sql(`INSERT INTO item (id, active) VALUES (2, false)`)
    await sql(`UPDATE item SET pairs = pairs || 'k=>w', attrs = '{"w":2}' WHERE id = 1`)
    const [created, updated] = await world.eventsAfter(2)
    expect(created?.data).toEqual({
      id: 1,
      seasons: ['spring', 'autumn'],
      active: true,
      n: 5,
      ns: [5, null],
      attrs: { w: 1.5 },
      tags: ['Red', 'Blue'],
      names: ['a', 'b c'],
      pairs: { k: 'v', 'a b': null },
    })
    expect(updated?.revision?.changed).toEqual(['/attrs/w', '/pairs/k'])
  })

  it('tells the same values whatever the database is set to', async () => {
    const settings = [
      'datestyle = German',
      'extra_float_digits = -12',
      'intervalstyle = sql_standard',
      'bytea_output = escape',
    ]
    for (const setting of settings) {
      await sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting}', current_database()); END $$`)
    }
    await sql(
      `CREATE TABLE item (id text PRIMARY KEY, d date, ts timestamp, tz timestamptz, f float8, i interval, b bytea); ${FULL}`,
    )
    await capture()
    const producer = world.start()
    await producer.ready()
    await sql(`INSERT INTO item VALUES ('s1', '2026-03-02', '2026-03-02 08:15:04.211', '2026-03-02 08:15:04.211+00', 0.1234567890123456,
      '1 day 2 hours', '\\x00ff41')`)
    const [event] = await world.eventsAfter(1)
    expect(event?.data).toEqual({
      id: 's1',
      d: '2026-03-02',
      ts: '2026-03-02T08:15:04.211Z',
      tz: '2026-03-02T08:15:04.211Z',
      f: 0.1234567890123456,
      i: '1 day 02:00:00',
      b: '\\x00ff41',
    })
  })

  it('of an UNLOGGED table is refused as such, and told once SET LOGGED was run', async () => {
    await sql(`CREATE UNLOGGED TABLE item (id int PRIMARY KEY, t text); ${FULL}`)
    await capture()
    const producer = world.start()
    const refusal = await producer.refusalWith('pim', 'NOT_CAPTURABLE')
    expect(refusal).toMatch(
      /^public\.item \(.*capture\.yaml:\d+\) is UNLOGGED: its changes are not in the write-ahead log/,
    )
    expect(refusal.split('\n').at(-1)).toBe('ALTER TABLE "public"."item" SET LOGGED;')
    await sql('ALTER TABLE item SET LOGGED')
    await producer.reads('pim')
    await sql(`INSERT INTO item VALUES (1, 'x')`)
    expect((await world.eventsAfter(1))[0]?.entity.id).toBe('1')
  })

  const GENERATED = `CREATE TABLE item (id int PRIMARY KEY, brand text, num int, net numeric(10, 2),
      full_sku text GENERATED ALWAYS AS (brand || '-' || num::text) STORED,
      gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.25) STORED); ${FULL}`

  it('has its generated key, or is refused before the first change by the name of the column', async () => {
    await sql(GENERATED)
    await capture(', key: full_sku, omit: [gross]')
    const producer = world.start()
    if (release < 18) {
      const refusal = await producer.refusalWith('pim', 'NOT_CAPTURABLE')
      expect(refusal).toContain('cannot be captured with its generated columns full_sku (')
      expect(refusal).not.toContain('epoch')
      await sql(refusal.split('\n').slice(1).join('\n'))
    }
    await producer.reads('pim')
    await sql(`INSERT INTO item (id, brand, num, net) VALUES (1, 'NORD', 7, 100)`)
    const [event] = await world.eventsAfter(1)
    expect(event?.entity.key).toBe('NORD-7')
    expect(event?.data).toEqual({ id: 1, brand: 'NORD', num: 7, net: '100.00', full_sku: 'NORD-7' })
  })

  it('goes without a generated column that is ignored, and says so where the log lacks it', async () => {
    await sql(GENERATED)
    await capture(', ignore: [gross], omit: [full_sku]')
    const producer = world.start()
    await producer.ready()
    const warning = 'the generated columns gross of public.item will not be in the data of events'
    expect(producer.log.some((line) => line.includes(warning))).toBe(release < 18)
    await sql(`INSERT INTO item (id, brand, num, net) VALUES (1, 'NORD', 7, 100)`)
    await sql(`UPDATE item SET net = 80`)
    const [created, updated] = await world.eventsAfter(2)
    expect(created?.data).toEqual({
      id: 1,
      brand: 'NORD',
      num: 7,
      net: '100.00',
      ...(release < 18 ? {} : { gross: '125.00' }),
    })
    expect(updated?.revision?.changed).toEqual(['/net'])
  })
})
