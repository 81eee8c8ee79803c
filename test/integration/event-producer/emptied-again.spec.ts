import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CatalogueWorld } from './catalogue-world.js'
import { eventually } from './eventually.js'

describe('a transaction that empties a whole table, fills it, and empties a partition by its name', () => {
  let system: CatalogueWorld
  const FILE = { price: { tables: ['price'] } }

  beforeAll(async () => {
    system = await CatalogueWorld.create()
    await system.sql(`CREATE TABLE price (id int PRIMARY KEY, note text) PARTITION BY RANGE (id); ALTER TABLE price REPLICA IDENTITY FULL;
      CREATE TABLE price_0 PARTITION OF price FOR VALUES FROM (0) TO (100); ALTER TABLE price_0 REPLICA IDENTITY FULL;
      CREATE TABLE price_1 PARTITION OF price FOR VALUES FROM (100) TO (200); ALTER TABLE price_1 REPLICA IDENTITY FULL`)
    await system.start(FILE)
    await system.producer.reads('price')
    await system.settled('price')
  })
  afterAll(() => system.close())

  it('is announced behind the rows that were published and are gone', async () => {
    await system.sql(`INSERT INTO price VALUES (150)`)
    await eventually(() => expect(system.said('price')).toEqual(['150']))
    await system.sql(
      `BEGIN; TRUNCATE price; INSERT INTO price VALUES (1, 'gone'), (101, 'there'); TRUNCATE price_0; COMMIT`,
    )
    await system.settled('price')
    await system.sql(`INSERT INTO price VALUES (102)`)
    await eventually(() => expect(system.said('price').at(-1)).toBe('102'))
    await system.settled('price')
    const rows = await system.world.pim.query<{ id: number }>('SELECT id FROM price ORDER BY id')
    expect(rows.map(({ id }) => id)).toEqual([101, 102])
    // Whoever fetches at an announcement and applies what comes behind it must end with these rows.
    const behind = system.said('price').slice(system.said('price').lastIndexOf('truncated') + 1)
    expect(behind).not.toContain('1')
  })
})
