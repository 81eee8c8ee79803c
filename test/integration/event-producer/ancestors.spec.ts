import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CatalogueWorld } from './catalogue-world.js'
import { eventually } from './eventually.js'

/** A root that is not captured, one partition that is, and a table beside it that shows how far the log has been read. */
const family = (schema: string, name: string): string =>
  `CREATE TABLE ${schema}.${name}_root (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
   ALTER TABLE ${schema}.${name}_root REPLICA IDENTITY FULL;
   CREATE TABLE ${name} PARTITION OF ${schema}.${name}_root FOR VALUES FROM (0) TO (100);
   ALTER TABLE ${name} REPLICA IDENTITY FULL;
   CREATE TABLE ${name}_beside (id int PRIMARY KEY); ALTER TABLE ${name}_beside REPLICA IDENTITY FULL;`

describe('a captured partition', () => {
  let system: CatalogueWorld
  const names = ['blinked', 'schemed', 'offline', 'everything'] as const
  const FILE = Object.fromEntries(names.map((name) => [name, { tables: [name, `${name}_beside`] }]))
  const isRefusedOrTold = async (source: string) => {
    await eventually(async () => {
      const part = (await system.producer.health()).parts[`source ${source}`]
      const isRefused = /^[A-Z_]+: /.test(part?.detail ?? '')
      if (!isRefused && system.told(source).length === 0)
        throw new Error(
          `${source} goes on as if nothing had happened: ${JSON.stringify({ part, said: system.said(source), skipped: await system.producer.skipped() })}`,
        )
    }, 20_000)
  }

  beforeAll(async () => {
    system = await CatalogueWorld.create()
    await system.sql('CREATE SCHEMA roots')
    for (const name of names) await system.sql(family('roots', name))
    await system.sql(
      `CREATE PUBLICATION ${system.world.slotOf('everything')} FOR ALL TABLES WITH (publish_via_partition_root = true);
       ALTER TABLE roots.everything_root DETACH PARTITION everything`,
    )
    await system.start(FILE)
    for (const name of names) await system.producer.reads(name)
    for (const name of names) await system.sql(`INSERT INTO ${name} VALUES (1, 'seen')`)
    for (const name of names) await eventually(() => expect(system.said(name)).toEqual(['1']))
  })
  afterAll(() => system.close())

  it('whose root is put into the publication and taken out again, while it is changed, is refused or announced', async () => {
    const publication = system.world.slotOf('blinked')
    await system.sql(
      `ALTER PUBLICATION ${publication} ADD TABLE roots.blinked_root; UPDATE blinked SET note = 'lost';
       ALTER PUBLICATION ${publication} DROP TABLE roots.blinked_root; INSERT INTO blinked_beside VALUES (1)`,
    )
    await eventually(() => expect(system.said('blinked').at(-1)).toBe('1'))
    await isRefusedOrTold('blinked')
  })

  it('the same while the process is stopped', async () => {
    await system.stop()
    const publication = system.world.slotOf('offline')
    await system.sql(`ALTER PUBLICATION ${publication} ADD TABLE roots.offline_root`)
    await system.sql(`UPDATE offline SET note = 'lost'`)
    await system.sql(`ALTER PUBLICATION ${publication} DROP TABLE roots.offline_root`)
    await system.start(FILE)
    await isRefusedOrTold('offline')
  })

  it('whose root comes into the publication with its schema is refused', async () => {
    await system.sql(`ALTER PUBLICATION ${system.world.slotOf('schemed')} ADD TABLES IN SCHEMA roots`)
    await system.sql(`UPDATE schemed SET note = 'lost'; INSERT INTO schemed_beside VALUES (1)`)
    await eventually(async () => {
      const part = (await system.producer.health()).parts['source schemed']
      expect(part?.detail).toContain(
        'published changes of public.schemed under the name of roots.schemed_root, of which public.schemed is a partition',
      )
    })
  })

  it('of a publication of all tables, attached and detached while it is changed, is refused or announced', async () => {
    await system.sql(`ALTER TABLE roots.everything_root ATTACH PARTITION everything FOR VALUES FROM (0) TO (100)`)
    await system.sql(`UPDATE everything SET note = 'lost'`)
    await system.sql(
      `ALTER TABLE roots.everything_root DETACH PARTITION everything; INSERT INTO everything_beside VALUES (1)`,
    )
    await isRefusedOrTold('everything')
  })
})
