import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { RowChange } from '@hooklane/core/capture'
import type { ReplicatedTable } from '@hooklane/replication'
import pg from 'pg'
import { eventually } from '../event-producer/eventually.js'
import { RELEASES, startRelease, type PostgresRelease } from '../support/postgres-release.js'
import { Recorder, SourceWorld } from './source-world.js'

const FULL = 'ALTER TABLE item REPLICA IDENTITY FULL'

describe.each(RELEASES)('what the log of PostgreSQL %d cannot carry', (release) => {
  let server: PostgresRelease
  let world: SourceWorld
  const sql = (statements: string) => world.database.query(statements)
  const source = (changes: Partial<ReplicatedTable> = {}) => ({
    tables: [{ schema: 'public', table: 'item', columns: ['id'], id: ['id'], ...changes }],
  })
  const read = async (changes: Partial<ReplicatedTable> = {}): Promise<Recorder> => {
    const recorder = new Recorder()
    world.stream(recorder, source(changes))
    await world.streaming(recorder)
    return recorder
  }
  const rowsOf = (recorder: Recorder, count: number): Promise<RowChange[]> =>
    eventually(() => {
      const changes = recorder.transactions.flatMap((transaction) => transaction.changes)
      expect(changes).toHaveLength(count)
      return changes
    })
  /** What a refusal prints to be run. */
  const statementsOf = (message: string): string => message.split('\n').slice(1).join('\n')

  beforeAll(async () => {
    server = await startRelease(release)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    world = await SourceWorld.create(server.url)
  })
  afterEach(() => world.close())

  it.each([
    [
      'an UNLOGGED table',
      `CREATE UNLOGGED TABLE item (id int PRIMARY KEY); ${FULL}`,
      'public.item is UNLOGGED',
      'item',
    ],
    [
      'an UNLOGGED partition',
      `CREATE TABLE item (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE UNLOGGED TABLE part PARTITION OF item DEFAULT;
       ${FULL}; ALTER TABLE part REPLICA IDENTITY FULL`,
      'public.part is UNLOGGED',
      'part',
    ],
  ])('%s is refused as such, with the statement that cures it', async (_, tables, text, unlogged) => {
    await sql(tables)
    const { code, message } = await world.refusal(source())
    expect([code, message]).toEqual(['NOT_CAPTURABLE', expect.stringContaining(text)])
    expect(statementsOf(message)).toBe(`ALTER TABLE "public"."${unlogged}" SET LOGGED;`)
    await sql(statementsOf(message))
    const recorder = await read()
    await sql('INSERT INTO item VALUES (1)')
    await rowsOf(recorder, 1)
  })

  if (release < 18) {
    it('a partitioned table marked UNLOGGED is refused without a statement, because none takes the mark away', async () => {
      await sql(`CREATE UNLOGGED TABLE item (id int PRIMARY KEY) PARTITION BY RANGE (id); ${FULL}`)
      const { code, message } = await world.refusal(source())
      expect(code).toBe('NOT_CAPTURABLE')
      expect(message).toMatch(
        /^public\.item is a partitioned table that was created as UNLOGGED\..*\. Create it again without UNLOGGED/,
      )
      expect(statementsOf(message)).toBe('')
    })
  }

  it('a partition that becomes UNLOGGED while it is captured has lost changes', async () => {
    await sql(`CREATE TABLE item (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF item DEFAULT;
       ${FULL}; ALTER TABLE part REPLICA IDENTITY FULL`)
    const recorder = await read()
    await sql('ALTER TABLE part SET UNLOGGED')
    await eventually(() => {
      const failures = recorder.states.flatMap((state) => (state.phase === 'failing' ? [state.error] : []))
      expect(failures[0]).toMatchObject({
        code: 'CHANGES_MISSING',
        message: expect.stringContaining('public.part became UNLOGGED (run ALTER TABLE "public"."part" SET LOGGED;)'),
      })
    })
  })

  it('a partition that is a foreign table is refused with the statement, which cures it', async () => {
    await sql(`CREATE EXTENSION postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;
      CREATE TABLE item (id int) PARTITION BY RANGE (id); CREATE TABLE near PARTITION OF item FOR VALUES FROM (0) TO (9);
      CREATE FOREIGN TABLE far PARTITION OF item FOR VALUES FROM (9) TO (99) SERVER away;
      ${FULL}; ALTER TABLE near REPLICA IDENTITY FULL`)
    const { code, message } = await world.refusal(source({ id: [] }))
    expect([code, message]).toEqual([
      'NOT_CAPTURABLE',
      expect.stringContaining('changes of public.far are in the write-ahead log of'),
    ])
    await sql(statementsOf(message))
    await sql(`CREATE UNIQUE INDEX ON item (id)`)
    await read()
  })

  it.each([
    [
      'a temporary table',
      `CREATE TEMPORARY TABLE item (id int PRIMARY KEY)`,
      'pg_temp',
      'is a temporary table: its changes are not in the write-ahead log',
    ],
    ['a table of the server', ``, 'pg_catalog.pg_class', 'is a table of PostgreSQL itself'],
    ['a table of the information schema', ``, 'information_schema.sql_features', 'is a table of PostgreSQL itself'],
    [
      'a foreign table',
      `CREATE EXTENSION postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw;
       CREATE FOREIGN TABLE item (id int) SERVER away`,
      'public.item',
      'is a foreign table: its changes are in the write-ahead log of the server that holds it',
    ],
    [
      'a view',
      `CREATE VIEW item AS SELECT 1 AS id`,
      'public.item',
      'is not a table, and only tables are in the write-ahead log: it is a view',
    ],
    [
      'a materialized view',
      `CREATE MATERIALIZED VIEW item AS SELECT 1 AS id`,
      'public.item',
      'it is a materialized view',
    ],
  ])('%s is refused as what it is', async (_, made, name, text) => {
    if (made !== '') await sql(made)
    const [row] = await world.database.query<{ schema: string }>(
      `SELECT coalesce((SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()), 'public') AS schema`,
    )
    const [schema = '', table = 'item'] = name === 'pg_temp' ? [row?.schema ?? ''] : name.split('.')
    const { message } = await world.refusal(source({ schema, table, columns: [], id: [] }))
    expect(message).toContain(text)
  })

  it('text that is no UTF-8 is refused by the name of its encoding', async () => {
    await sql(`CREATE DATABASE ${world.slot}_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`)
    const url = new URL(world.database.url)
    url.pathname = `/${world.slot}_ascii`
    try {
      const { code, message } = await world.refusal({ databaseUrl: url.href })
      expect(code).toBe('NOT_CAPTURABLE')
      expect(message).toContain(`the database ${world.slot}_ascii has the encoding SQL_ASCII`)
    } finally {
      await eventually(() => sql(`DROP DATABASE ${world.slot}_ascii WITH (FORCE)`))
    }
  })

  it('a character that UTF-8 does not have is told as a change that cannot be decoded', async () => {
    const name = `${world.slot}_win`
    await sql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'WIN1252' LOCALE 'C'`)
    const url = new URL(world.database.url)
    url.pathname = `/${name}`
    const pim = new pg.Client({ connectionString: url.href })
    await pim.connect()
    try {
      await pim.query(`CREATE TABLE item (id text PRIMARY KEY); ${FULL}`)
      const recorder = new Recorder()
      const stream = world.stream(recorder, { databaseUrl: url.href })
      await world.streaming(recorder)
      await pim.query(`INSERT INTO item VALUES (U&'\\20AC')`)
      await eventually(() => expect(recorder.inserted()).toEqual([['€']]))
      await pim.query(`INSERT INTO item VALUES (convert_from('\\x81', 'WIN1252'))`)
      await eventually(() => {
        const failures = recorder.states.flatMap((state) => (state.phase === 'failing' ? [state.error.code] : []))
        expect(failures).toContain('CHANGE_NOT_DECODABLE')
      })
      await stream.stop()
      await eventually(() => pim.query(`SELECT pg_drop_replication_slot('${world.slot}')`))
    } finally {
      await pim.end()
      await eventually(() => sql(`DROP DATABASE ${name} WITH (FORCE)`))
    }
  })

  describe('a generated column', () => {
    const TABLE = `CREATE TABLE item (id int PRIMARY KEY, brand text, num int, net numeric(10, 2),
        sku text GENERATED ALWAYS AS (brand || '-' || num::text) STORED,
        gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.25) STORED); ${FULL}`
    const columns = ['id', 'sku', 'gross']

    if (release < 18) {
      it('that is needed is refused by its name, with statements after which the column holds what it held', async () => {
        await sql(`${TABLE}; INSERT INTO item VALUES (1, 'NORD', 7, 100)`)
        const { code, message } = await world.refusal(source({ columns, needed: ['id', 'sku'] }))
        expect(code).toBe('NOT_CAPTURABLE')
        expect(message).toMatch(/^public\.item cannot be captured with its generated columns sku: before PostgreSQL 18/)
        await sql(statementsOf(message))
        const recorder = await read({ columns, needed: ['id', 'sku'] })
        await sql(`UPDATE item SET num = 8; INSERT INTO item VALUES (2, 'SØR', 9, 10)`)
        const changes = await rowsOf(recorder, 2)
        expect(changes.map((change) => ('after' in change ? change.after.get('sku') : null))).toEqual([
          'NORD-8',
          'SØR-9',
        ])
      })

      it('that is not needed is told to be missing, unless it is left out in any case', async () => {
        await sql(TABLE)
        const recorder = await read({ columns, needed: ['id'], omitted: ['sku'] })
        expect(recorder.warnings.map(({ code }) => code)).toEqual(['COLUMNS_NOT_LOGGED'])
        expect(recorder.warnings[0]?.message).toMatch(
          /^the generated columns gross of public\.item will not be in the data of events/,
        )
        await sql(`INSERT INTO item VALUES (1, 'NORD', 7, 100)`)
        const [change] = await rowsOf(recorder, 1)
        expect(change?.relation.columns.map(({ name }) => name)).toEqual(['id', 'brand', 'num', 'net'])
      })
    } else {
      it('is in the log', async () => {
        await sql(TABLE)
        const recorder = await read({ columns })
        expect(recorder.warnings).toEqual([])
        await sql(`INSERT INTO item VALUES (1, 'NORD', 7, 100)`)
        const [change] = await rowsOf(recorder, 1)
        expect(change?.op === 'insert' && [change.after.get('sku'), change.after.get('gross')]).toEqual([
          'NORD-7',
          '125.00',
        ])
      })
    }
  })

  describe('a key', () => {
    it('is no index that is not valid: a broken one is named, and made again by the statement', async () => {
      await sql(`CREATE TABLE item (id int NOT NULL, v text); ${FULL}; INSERT INTO item VALUES (1), (1)`)
      await expect(sql('CREATE UNIQUE INDEX CONCURRENTLY broken ON item (id)')).rejects.toThrow(/could not create/)
      const { code, message } = await world.refusal(source())
      expect(code).toBe('ID_NOT_UNIQUE')
      expect(message).toContain('the index public.broken is not valid and guarantees nothing')
      await sql(`UPDATE item SET id = 2 WHERE ctid = (SELECT min(ctid) FROM item)`)
      await sql(statementsOf(message))
      await read()
    })

    it('is no index of a partitioned table that lacks those of its partitions', async () => {
      await sql(`CREATE TABLE item (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF item DEFAULT;
        ${FULL}; ALTER TABLE part REPLICA IDENTITY FULL; CREATE UNIQUE INDEX whole ON ONLY item (id)`)
      const { code, message } = await world.refusal(source())
      expect([code, message]).toEqual(['ID_NOT_UNIQUE', expect.stringContaining('ATTACH PARTITION')])
      await sql(`CREATE UNIQUE INDEX of_part ON part (id); ALTER INDEX whole ATTACH PARTITION of_part`)
      await read()
    })

    it('may be deferrable: at the end of a transaction it tells rows apart', async () => {
      await sql(`CREATE TABLE item (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED); ${FULL}`)
      await read()
    })

    it('is not one that leaves out rows, or is over an expression', async () => {
      await sql(`CREATE TABLE item (id int); ${FULL};
        CREATE UNIQUE INDEX ON item (id) WHERE id > 0; CREATE UNIQUE INDEX ON item ((id + 1))`)
      expect((await world.refusal(source())).code).toBe('ID_NOT_UNIQUE')
    })
  })

  it('rows of tables that inherit are told to be missing', async () => {
    await sql(`CREATE TABLE item (id int PRIMARY KEY); ${FULL}; CREATE TABLE special () INHERITS (item)`)
    const recorder = await read()
    expect(recorder.warnings).toEqual([
      { code: 'CHILD_TABLES', message: expect.stringMatching(/^public\.special inherit from public\.item/) },
    ])
  })

  if (release >= 17) {
    it('a slot is made so that standbys keep a copy, and one that is not is told of with the command', async () => {
      await sql(`CREATE TABLE item (id int PRIMARY KEY); ${FULL}`)
      const made = await read()
      expect(made.warnings).toEqual([])
      expect(await sql(`SELECT failover FROM pg_replication_slots WHERE slot_name = '${world.slot}'`)).toEqual([
        { failover: true },
      ])
      const old = `${world.slot}_old`
      await sql(`SELECT pg_create_logical_replication_slot('${old}', 'pgoutput')`)
      const recorder = new Recorder()
      const stream = world.stream(recorder, { slot: old, publication: world.slot })
      await world.streaming(recorder)
      expect(recorder.warnings.map(({ code }) => code)).toEqual(['SLOT_NOT_SYNCHRONIZED'])
      await stream.stop()
      const url = new URL(world.database.url)
      url.searchParams.set('replication', 'database')
      const replication = new pg.Client({ connectionString: url.href })
      await replication.connect()
      const command = /: (ALTER_REPLICATION_SLOT .*)$/.exec(recorder.warnings[0]?.message ?? '')?.[1] ?? ''
      await eventually(() => replication.query(command))
      await replication.end()
      const cured = new Recorder()
      world.stream(cured, { slot: old, publication: world.slot })
      await world.streaming(cured)
      expect(cured.warnings).toEqual([])
    })
  }
})
