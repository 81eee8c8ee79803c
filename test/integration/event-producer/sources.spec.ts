import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmptyDatabase } from '../postgres/test-database.js'
import { CaptureWorld, dropWithSlots } from './capture-world.js'
import { eventually } from './eventually.js'

const TABLE = `CREATE TABLE item (id text PRIMARY KEY, company_id text)`
const FULL = `ALTER TABLE item REPLICA IDENTITY FULL`

describe('a source', () => {
  let world: CaptureWorld
  const ids = () => world.events().map((event) => event.entity.id)

  beforeEach(async () => {
    world = await CaptureWorld.create()
    await world.capture(`public.item: { resource: items, entity: item, id: id }`)
  })
  afterEach(() => world.close())

  it('whose table lacks FULL is refused with the statement to run, before anything is published, and starts once it was run', async () => {
    await world.pim.query(TABLE)
    const producer = world.start()
    expect(await producer.refusal('pim')).toContain('ALTER TABLE "public"."item" REPLICA IDENTITY FULL;')
    expect(await world.pim.query('SELECT FROM pg_publication')).toEqual([])
    expect(await world.pim.query('SELECT FROM pg_replication_slots WHERE database = current_database()')).toEqual([])
    await world.pim.query(`INSERT INTO item VALUES ('before', 'c-1')`)
    await world.pim.query(`UPDATE item SET company_id = 'c-2'`)
    await world.pim.query(FULL)
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('after', 'c-1')`)
    await eventually(() => expect(ids()).toEqual(['after']))
  })

  it('that is refused does not stop another one', async () => {
    const other = await createEmptyDatabase('other')
    try {
      await other.query(`${TABLE}; ${FULL}`)
      const source = (name: string, url: string) =>
        `  - name: ${name}\n    database: \${${url}}\n    company: { value: c-1 }\n    tables: { item: { resource: items, entity: item, id: id } }\n`
      await writeFile(
        join(world.directory, 'capture.yaml'),
        `sources:\n${source('pim', 'PIM_URL')}${source('other', 'OTHER_URL')}`,
      )
      const producer = world.start({ OTHER_URL: other.url })
      expect(await producer.refusal('pim')).toContain('TABLE_MISSING: there is no table public.item')
      await eventually(async () => expect((await producer.health()).parts['source other']?.ready).toBe(true))
      await other.query(`INSERT INTO item VALUES ('of-other', NULL)`)
      await eventually(() =>
        expect(world.events().map((event) => [event.producer, event.entity.id])).toEqual([['other', 'of-other']]),
      )
      await producer.end('SIGTERM')
    } finally {
      await dropWithSlots(other)
    }
  })

  it('whose database is away says so, and the others go on', async () => {
    const producer = world.start({ PIM_URL: 'postgres://nobody@127.0.0.1:1/none' })
    expect(await producer.refusal('pim')).toMatch(/^UNREACHABLE: the database does not answer/)
    await eventually(async () => expect((await producer.health()).parts['source hooklane']?.ready).toBe(true))
  })

  it('whose slot was dropped is refused until its epoch is raised', async () => {
    await world.pim.query(`${TABLE}; ${FULL}`)
    const first = world.start()
    await first.ready()
    await world.pim.query(`INSERT INTO item VALUES ('one', 'c-1')`)
    await eventually(() => expect(ids()).toEqual(['one']))
    await first.end('SIGTERM')
    await eventually(() => world.pim.query(`SELECT pg_drop_replication_slot('${world.slotOf('pim')}')`))
    await world.pim.query(`INSERT INTO item VALUES ('lost', 'c-1')`)
    const second = world.start()
    expect(await second.refusal('pim')).toContain(`raise the source's epoch in the capture file to 2`)
    await second.end('SIGTERM')
    await world.capture(
      `public.item: { resource: items, entity: item, id: id }`,
      'epoch: 2\ncompany: { column: company_id }',
    )
    const third = world.start()
    await third.ready()
    await world.pim.query(`INSERT INTO item VALUES ('two', 'c-1')`)
    await eventually(() => expect(ids()).toEqual(['one', 'two']))
    expect(world.events().map((event) => event.revision?.id.slice(0, 4))).toEqual(['0001', '0002'])
  })

  it('is in step with the capture file when a table is added and another left out', async () => {
    await world.pim.query(
      `${TABLE}; ${FULL}; CREATE TABLE brand (id text PRIMARY KEY, company_id text); ALTER TABLE brand REPLICA IDENTITY FULL`,
    )
    const first = world.start()
    await first.ready()
    await first.end('SIGTERM')
    await world.capture(`public.brand: { resource: brands, entity: brand, id: id }`)
    const second = world.start()
    await second.ready()
    await world.pim.query(`INSERT INTO item VALUES ('i', 'c-1'); INSERT INTO brand VALUES ('b', 'c-1')`)
    await eventually(() => expect(ids()).toEqual(['b']))
  })

  it('tells rows of a partitioned table as those of the table', async () => {
    await world.pim.query(`
      CREATE TABLE item (id text PRIMARY KEY, company_id text) PARTITION BY HASH (id);
      CREATE TABLE item_0 PARTITION OF item FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE item_1 PARTITION OF item FOR VALUES WITH (MODULUS 2, REMAINDER 1)`)
    const producer = world.start()
    const refusal = await producer.refusal('pim')
    const alters = refusal.split('\n').slice(1)
    expect(alters).toHaveLength(3)
    for (const alter of alters) await world.pim.query(alter)
    await producer.ready()
    await world.pim.query(
      `INSERT INTO item SELECT 'p-' || i, 'c-1' FROM generate_series(1, 10) AS i; UPDATE item SET company_id = 'c-2'`,
    )
    await eventually(() => expect(ids()).toHaveLength(10))
  })

  it('carries on with a truncated table, which is counted', async () => {
    await world.pim.query(`${TABLE}; ${FULL}`)
    const producer = world.start()
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('one', 'c-1')`)
    await world.pim.query('TRUNCATE item')
    await world.pim.query(`INSERT INTO item VALUES ('two', 'c-1')`)
    await eventually(() => expect(ids()).toEqual(['one', 'two']))
    expect(await producer.metric('capture_truncated_total', 'pim')).toBe(1)
  })
})

describe('the tables of a hostile schema', () => {
  it('with two schemas, capitals, quotes and composite keys are captured under their names', async () => {
    const world = await CaptureWorld.create()
    try {
      await world.pim.query(`
        CREATE SCHEMA "Shop ""1""";
        CREATE TABLE "Shop ""1"""."Price.List" ("tenantId" text, "Id" int, "Amount" numeric(38, 10), PRIMARY KEY ("tenantId", "Id"));
        ALTER TABLE "Shop ""1"""."Price.List" REPLICA IDENTITY FULL`)
      await world.capture(
        `'"Shop ""1"""."Price.List"': { resource: prices, entity: price, id: [tenantId, Id] }`,
        'company: { column: tenantId }',
      )
      const producer = world.start()
      await producer.ready()
      await world.pim.query(`INSERT INTO "Shop ""1"""."Price.List" VALUES ('c-1', 7, 0.0000000001)`)
      await eventually(() =>
        expect(world.events().map((event) => [event.entity.id, event.data?.Amount])).toEqual([
          ['c-1:7', '0.0000000001'],
        ]),
      )
    } finally {
      await world.close()
    }
  })
})
