import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readdir } from 'node:fs/promises'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

const ROWS = 100_000
const MEGABYTE = 1024 * 1024
/** All rows of the transaction are above 150 MB as text, and the new and the old ones above 300 MB. */
const MAX_GROWTH = 250 * MEGABYTE

describe('a transaction of 100,000 rows', () => {
  let world: CaptureWorld
  let producer: ProducerProcess

  beforeAll(async () => {
    world = await CaptureWorld.create()
    await world.pim.query(`
      CREATE TABLE product (id int PRIMARY KEY, company_id text, name text, description text);
      ALTER TABLE product REPLICA IDENTITY FULL;
      INSERT INTO product SELECT i, 'c-' || i % 20, 'name ' || i, repeat(md5(i::text), 48) FROM generate_series(1, ${ROWS}) AS i`)
    await world.capture(`public.product: { resource: products, entity: product, id: id }`)
    producer = world.start()
    await producer.ready()
  })
  afterAll(() => world.close())

  it('passes whole and in order, through a file, in bounded memory', async () => {
    await world.pim.query(`INSERT INTO product VALUES (0, 'c-0', 'warm', 'up')`)
    await eventually(() => expect(world.eventRecords()).toHaveLength(1))
    const before = producer.memory().now
    await world.pim.query(`UPDATE product SET name = name || '!' WHERE id > 0`)
    await world.pim.query(`INSERT INTO product VALUES (-1, 'c-0', 'after', 'it')`)
    await eventually(() => expect(world.eventRecords().length).toBe(ROWS + 2), 200_000)
    const events = world.events()
    expect(events.at(-1)?.entity.id).toBe('-1')
    expect(new Set(events.map((event) => event.entity.id)).size).toBe(ROWS + 2)
    expect(events[1]?.revision?.transaction?.size).toBe(ROWS)
    expect(producer.memory().most - before).toBeLessThan(MAX_GROWTH)
    // The spool has no name, so that nothing stays behind however the process ends.
    expect((await readdir(world.directory)).filter((name) => name.includes('spool'))).toEqual([])
  })
})
