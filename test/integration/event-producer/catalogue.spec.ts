import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CatalogueWorld } from './catalogue-world.js'
import { eventually } from './eventually.js'

const table = (name: string): string =>
  `CREATE TABLE ${name} (id int PRIMARY KEY, note text); ALTER TABLE ${name} REPLICA IDENTITY FULL;`
const partition = (name: string, nth: number): string =>
  `CREATE TABLE ${name}_${nth} PARTITION OF ${name} FOR VALUES FROM (${nth * 100}) TO (${nth * 100 + 100});
   ALTER TABLE ${name}_${nth} REPLICA IDENTITY FULL;`
const partitioned = (name: string, partitions: number): string =>
  `CREATE TABLE ${name} (id int PRIMARY KEY, note text) PARTITION BY RANGE (id); ALTER TABLE ${name} REPLICA IDENTITY FULL;` +
  Array.from({ length: partitions }, (_, nth) => partition(name, nth)).join('')
/** As a table of its own, with a row. */
const filled = (name: string, nth: number): string =>
  `CREATE TABLE ${name}_${nth} (id int PRIMARY KEY, note text); ALTER TABLE ${name}_${nth} REPLICA IDENTITY FULL;
   INSERT INTO ${name}_${nth} VALUES (${nth * 100}, 'unseen');`
const attach = (name: string, nth: number): string =>
  `ALTER TABLE ${name} ATTACH PARTITION ${name}_${nth} FOR VALUES FROM (${nth * 100}) TO (${nth * 100 + 100});`
const detach = (name: string, nth: number): string => `ALTER TABLE ${name} DETACH PARTITION ${name}_${nth};`
const insert = (name: string, id: number): string => `INSERT INTO ${name} VALUES (${id});`

describe('partitions of a captured table', () => {
  let system: CatalogueWorld
  const FILE = {
    price: { tables: ['price'] },
    away: { tables: ['away'] },
    late: { tables: ['late'] },
    nested: { tables: ['nested'] },
  }

  beforeAll(async () => {
    system = await CatalogueWorld.create()
    await system.sql(partitioned('price', 3) + partitioned('away', 6) + partitioned('late', 1))
    await system.sql(`CREATE TABLE nested (id int PRIMARY KEY, note text) PARTITION BY RANGE (id); ALTER TABLE nested REPLICA IDENTITY FULL;
      CREATE TABLE nested_low PARTITION OF nested FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
      ALTER TABLE nested_low REPLICA IDENTITY FULL; CREATE TABLE nested_0 PARTITION OF nested_low FOR VALUES FROM (0) TO (50);
      ALTER TABLE nested_0 REPLICA IDENTITY FULL`)
    await system.start(FILE)
    await system.producer.ready()
    for (const name of Object.keys(FILE)) await system.settled(name)
  })
  afterAll(() => system.close())

  it('that are made as such say what comes into them, and nothing is announced', async () => {
    await system.sql(`BEGIN; ${partition('price', 3)} ${insert('price', 300)} COMMIT`)
    await system.sql(
      `BEGIN; CREATE TABLE price_4 (LIKE price INCLUDING ALL); ALTER TABLE price_4 REPLICA IDENTITY FULL; ${attach('price', 4)} COMMIT`,
    )
    await system.settled('price')
    await system.sql(insert('price', 400))
    await eventually(() => expect(system.said('price')).toEqual(['300', '400']))
  })

  it('that are emptied, leave, come with rows, come again or are dropped are announced, each once', async () => {
    const told: [string, string[]][] = []
    const resources = ['prices']
    for (const [reason, statements] of [
      ['truncated', 'TRUNCATE price_0'],
      ['detached', detach('price', 1)],
      ['attached', attach('price', 1)],
      ['attached', filled('price', 5) + attach('price', 5)],
      ['attached', `BEGIN; ${filled('price', 6)} ${attach('price', 6)} COMMIT`],
      [
        'attached',
        `BEGIN; CREATE TABLE price_7 (gone int, id int PRIMARY KEY, note text); ALTER TABLE price_7 REPLICA IDENTITY FULL;
         INSERT INTO price_7 VALUES (1, 700, 'unseen'); ALTER TABLE price_7 DROP COLUMN gone; ${attach('price', 7)} COMMIT`,
      ],
      [
        'attached',
        `${filled('price', 8)} BEGIN; ${insert('price', 1)} ${attach('price', 8)} ${insert('price', 801)} COMMIT`,
      ],
      ['attached', detach('price', 2) + attach('price', 2)],
      ['detached', 'ALTER TABLE price DETACH PARTITION price_8 CONCURRENTLY'],
      ['detached', 'DROP TABLE price_6'],
    ] as const) {
      await system.sql(statements)
      told.push([reason, resources])
      await system.isTold('price', told)
    }
  })

  it('that a TRUNCATE of their table empties are announced where that stands, and not again', async () => {
    const before = system.told('price').length
    await system.sql(`${insert('price', 3)} TRUNCATE price;`)
    await system.sql(insert('price', 2))
    await system.settled('price')
    await system.sql(insert('price', 4))
    await eventually(() => expect(system.said('price').slice(-3)).toEqual(['truncated', '2', '4']))
    expect(system.told('price')).toHaveLength(before + 1)
  })

  it('below others are watched as well', async () => {
    await system.sql(insert('nested', 1))
    await system.sql('TRUNCATE nested_low')
    await system.isTold('nested', [['truncated', ['nesteds']]])
    await system.sql(`ALTER TABLE nested DETACH PARTITION nested_low; INSERT INTO nested_low VALUES (2);
      ALTER TABLE nested ATTACH PARTITION nested_low FOR VALUES FROM (0) TO (100)`)
    await system.isTold('nested', [
      ['truncated', ['nesteds']],
      ['attached', ['nesteds']],
    ])
    await system.sql('CREATE TABLE nested_1 PARTITION OF nested_low FOR VALUES FROM (50) TO (100)')
    await system.sql('ALTER TABLE nested_1 REPLICA IDENTITY FULL')
    await system.producer.reads('nested')
    await system.settled('nested')
    expect(system.told('nested')).toHaveLength(2)
  })

  it('that come while nobody looks, and are emptied before anybody has, are announced', async () => {
    await system.stop()
    await system.sql(partition('late', 1) + insert('late', 100))
    await system.sql('TRUNCATE late_1')
    await system.start(FILE)
    await system.isTold('late', [['truncated', ['lates']]])
    expect(system.said('late')).toEqual(['100', 'truncated'])
  })

  it('that change while nobody looks are announced with the next start, before what comes after', async () => {
    await system.sql(insert('away', 1) + insert('away', 101))
    await eventually(() => expect(system.said('away')).toEqual(['1', '101']))
    await system.stop()
    await system.sql('TRUNCATE away_0')
    await system.sql(detach('away', 1) + 'DELETE FROM away_1;' + attach('away', 1))
    await system.sql(insert('away', 102))
    await system.start(FILE)
    await system.producer.ready()
    await system.sql(insert('away', 103))
    await eventually(() => expect(system.said('away')).toEqual(['1', '101', '102', 'attached', '103']))
    await system.stop()
    await system.start(FILE)
    await system.producer.ready()
    await system.settled('away')
    expect(system.told('away')).toEqual([['attached', ['aways']]])
  })
})

describe('a publication', () => {
  let system: CatalogueWorld
  const FILE = {
    blink: { tables: ['blink', 'steady'] },
    options: { tables: ['option'] },
    gone: { tables: ['gone'] },
    held: { tables: ['held', 'beside'] },
    filed: { tables: ['filed', 'kept'] },
  }
  const publicationOf = (source: string) => system.world.slotOf(source)
  const idIn = (refusal: string): string => /`accept: \[(gap-[0-9a-f]{8})\]`/.exec(refusal)?.[1] ?? ''
  const confirmed = async (source: string) => {
    const [slot] = await system.world.pim.query<{ at: string }>(
      `SELECT confirmed_flush_lsn AS at FROM pg_replication_slots WHERE slot_name = '${publicationOf(source)}'`,
    )
    return slot?.at
  }
  const takeOutAndPutBack = (source: string, name: string, id: number): string =>
    `ALTER PUBLICATION ${publicationOf(source)} DROP TABLE ${name}; ${insert(name, id)}
     ALTER PUBLICATION ${publicationOf(source)} ADD TABLE ${name};`
  let blinked = ''
  let optioned = ''

  beforeAll(async () => {
    system = await CatalogueWorld.create()
    for (const { tables } of Object.values(FILE)) await system.sql(tables.map(table).join(''))
    await system.start(FILE)
    await system.producer.ready()
    for (const [source, { tables }] of Object.entries(FILE)) {
      for (const name of tables) await system.sql(insert(name, 1))
      await eventually(() => expect(system.said(source)).toHaveLength(tables.length))
    }
  })
  afterAll(() => system.close())

  it('that loses a table and gets it back between two looks is refused, with the id under which to accept it', async () => {
    await system.sql(takeOutAndPutBack('blink', 'blink', 2))
    const refusal = await system.producer.refusalWith('blink', 'CHANGES_MISSING')
    blinked = idIn(refusal)
    expect(refusal).toBe(
      `changes of public.blink are missing: public.blink was, for a while, not in the publication ${publicationOf('blink')}, ` +
        'or was published with a column list or a row filter. ' +
        `To go on with what the write-ahead log still holds, write \`accept: [${blinked}]\` below the source ` +
        `(${system.world.directory}/capture.yaml:2) and restart the event-producer: receivers are then told to fetch blinks again`,
    )
    await system.sql(insert('blink', 3) + insert('steady', 3))
  })

  it('whose options were switched off and on again while nobody looked is refused', async () => {
    await system.stop()
    await system.sql(`ALTER PUBLICATION ${publicationOf('options')} SET (publish = 'insert'); UPDATE option SET note = 'lost';
      ALTER PUBLICATION ${publicationOf('options')} SET (publish = 'insert, update, delete, truncate')`)
    await system.sql(takeOutAndPutBack('gone', 'gone', 2))
    await system.start(FILE)
    const refusal = await system.producer.refusalWith('options', 'CHANGES_MISSING')
    optioned = idIn(refusal)
    expect(refusal).toContain(`the options or the owner of the publication ${publicationOf('options')} were altered`)
    expect(idIn(await system.producer.refusalWith('gone', 'CHANGES_MISSING'))).not.toBe('')
    expect(idIn(await system.producer.refusalWith('blink', 'CHANGES_MISSING'))).toBe(blinked)
  })

  it('whose gap is accepted goes on with the log that its slot holds, and announces the tables that lack something, and no others', async () => {
    const before = await confirmed('blink')
    await system.start({
      ...FILE,
      blink: { ...FILE.blink, accept: [blinked] },
      options: { ...FILE.options, accept: [optioned, 'gap-00000000'] },
    })
    await system.producer.reads('blink')
    await system.producer.reads('options')
    await eventually(() => expect(system.said('blink').slice(2)).toEqual(['3', '3', 'publication']))
    expect(system.told('blink')).toEqual([['publication', ['blinks']]])
    await system.isTold('options', [['publication', ['options']]])
    expect(BigInt(await lsnDistance(before))).toBeGreaterThanOrEqual(0n)
    expect(system.producer.log.join('\n')).toContain(
      'the capture file accepts gap-00000000, but no open gap has this id',
    )
    await system.producer.refusalWith('gone', 'CHANGES_MISSING')
  })

  it('that loses the same again is refused again: what was accepted was another gap', async () => {
    await system.sql(takeOutAndPutBack('blink', 'blink', 4))
    const refusal = await system.producer.refusalWith('blink', 'CHANGES_MISSING')
    expect(idIn(refusal)).not.toBe(blinked)
    await system.start({ ...FILE, blink: { ...FILE.blink, accept: [blinked] } })
    expect(idIn(await system.producer.refusalWith('blink', 'CHANGES_MISSING'))).toBe(idIn(refusal))
    expect(system.told('blink')).toHaveLength(1)
  })

  it('is announced behind the changes that were made while it left a table out and are committed after it has it again', async () => {
    const publication = publicationOf('held')
    const session = await system.world.session()
    await system.sql(`ALTER PUBLICATION ${publication} DROP TABLE held`)
    await session.query(`BEGIN; UPDATE held SET note = 'unseen' WHERE id = 1`)
    await system.sql(`ALTER PUBLICATION ${publication} ADD TABLE held`)
    const id = idIn(await system.producer.refusalWith('held', 'CHANGES_MISSING'))
    await system.start({ ...FILE, held: { ...FILE.held, accept: [id] } })
    await system.producer.reads('held')
    await system.sql(insert('beside', 2))
    await eventually(() => expect(system.said('held')).toEqual(['1', '1', '2']))
    expect(system.told('held')).toEqual([])
    await session.query('COMMIT')
    await eventually(() => expect(system.said('held')).toEqual(['1', '1', '2', 'publication']))
  })

  it('from which the capture file takes a table and names it again announces that table', async () => {
    await system.start({ ...FILE, filed: { tables: ['kept'] } })
    await system.producer.reads('filed')
    await system.sql(insert('filed', 2) + insert('kept', 2))
    await eventually(() => expect(system.said('filed')).toHaveLength(3))
    await system.start(FILE)
    await system.producer.reads('filed')
    await system.isTold('filed', [['publication', ['fileds']]])
    await system.sql(insert('filed', 3))
    await eventually(() => expect(system.said('filed').slice(-2)).toEqual(['publication', '3']))
  })

  it('to which the capture file adds a table announces nothing', async () => {
    await system.sql(table('fresh'))
    await system.start({ ...FILE, filed: { tables: ['filed', 'kept', 'fresh'] } })
    await system.producer.reads('filed')
    await system.sql(insert('fresh', 1))
    await eventually(() => expect(system.said('filed').at(-1)).toBe('1'))
    await system.settled('filed')
    expect(system.told('filed')).toHaveLength(1)
    expect(system.producer.log.join('\n')).toContain('tables are captured from now on')
  })

  const lsnDistance = async (before: string | undefined): Promise<string> => {
    const [row] = await system.world.pim.query<{ bytes: string }>(
      `SELECT (confirmed_flush_lsn - '${before}'::pg_lsn)::text AS bytes FROM pg_replication_slots WHERE slot_name = '${publicationOf('blink')}'`,
    )
    return row?.bytes ?? '-1'
  }
})
