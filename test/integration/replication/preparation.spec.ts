import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Recorder, SourceWorld } from './source-world.js'
import { eventually } from '../event-producer/eventually.js'

const FULL = 'ALTER TABLE item REPLICA IDENTITY FULL'

describe('preparing a source', () => {
  let world: SourceWorld
  const sql = (statements: string) => world.database.query(statements)
  const table = (changes: object) => ({
    tables: [{ schema: 'public', table: 'item', columns: [], id: ['id'], ...changes }],
  })

  beforeEach(async () => {
    world = await SourceWorld.create()
    await sql(`CREATE TABLE item (id text PRIMARY KEY, "Name" text, tenant int)`)
  })
  afterEach(() => world.close())

  it('names the columns that are missing, and those that are there', async () => {
    expect(await world.refusal(table({ columns: ['name', 'Name'] }))).toEqual({
      code: 'COLUMN_MISSING',
      message: expect.stringContaining(
        'the table public.item has no column name (did you mean Name?); it has id, Name, tenant',
      ),
    })
  })

  it('refuses an id that does not tell rows apart, and takes one that holds a key', async () => {
    expect(await world.refusal(table({ id: ['tenant'] }))).toEqual({
      code: 'ID_NOT_UNIQUE',
      message: expect.stringContaining('CREATE UNIQUE INDEX ON "public"."item" ("tenant");'),
    })
    expect(await world.refusal(table({ id: ['tenant', 'id'] }))).toMatchObject({ code: 'REPLICA_IDENTITY' })
  })

  it('asks for FULL before it publishes, so that the application’s own updates go on', async () => {
    expect(await world.refusal()).toEqual({
      code: 'REPLICA_IDENTITY',
      message: expect.stringContaining('ALTER TABLE "public"."item" REPLICA IDENTITY FULL;'),
    })
    expect(await sql('SELECT FROM pg_publication')).toEqual([])
  })

  it('refuses a table whose updates Postgres would refuse once it is published', async () => {
    await sql(`ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (tenant * 2) VIRTUAL; ${FULL}`)
    expect(await world.refusal()).toEqual({
      code: 'REPLICA_IDENTITY',
      message: expect.stringContaining('columns twice'),
    })
  })

  it('publishes stored generated columns, without which updates would fail', async () => {
    await sql(`ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (tenant * 2) STORED; ${FULL}`)
    const recorder = new Recorder()
    world.stream(recorder)
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('a', NULL, 1); UPDATE item SET tenant = 4`)
    await eventually(() => expect(recorder.transactions).toHaveLength(1))
    const update = recorder.transactions[0]?.changes[1]
    expect(update?.op === 'update' && update.after.get('twice')).toBe('8')
  })

  it('fixes a publication that a person narrowed', async () => {
    await sql(`${FULL}; CREATE TABLE more (id int PRIMARY KEY)`)
    await sql(
      `CREATE PUBLICATION ${world.slot} FOR TABLE item (id, tenant) WHERE (id > 'm'), more WITH (publish = 'insert')`,
    )
    const recorder = new Recorder()
    world.stream(recorder)
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('a', 'name', 1); UPDATE item SET "Name" = 'other'`)
    await sql(`INSERT INTO more VALUES (1)`)
    await sql(`DELETE FROM item`)
    await eventually(() => expect(recorder.transactions).toHaveLength(2))
    expect(recorder.transactions[0]?.changes.map((change) => change.op)).toEqual(['insert', 'update'])
    const insert = recorder.transactions[0]?.changes[0]
    expect(insert?.op === 'insert' && insert.after.get('Name')).toBe('name')
  })

  it('takes a publication of all tables as it is', async () => {
    await sql(`${FULL}; CREATE PUBLICATION ${world.slot} FOR ALL TABLES`)
    const recorder = new Recorder()
    world.stream(recorder)
    await world.streaming(recorder)
    expect(await sql('SELECT FROM pg_publication WHERE puballtables AND pubviaroot')).toHaveLength(1)
  })

  it('refuses a partition of a table that is published: its rows would come as those of that table', async () => {
    await sql(`CREATE TABLE whole (id text PRIMARY KEY) PARTITION BY RANGE (id); ALTER TABLE whole REPLICA IDENTITY FULL;
      CREATE TABLE part PARTITION OF whole FOR VALUES FROM ('a') TO ('m'); ALTER TABLE part REPLICA IDENTITY FULL`)
    const captured = (...names: string[]) => ({
      tables: names.map((name) => ({ schema: 'public', table: name, columns: [], id: ['id'] })),
    })
    const { code, message } = await world.refusal(captured('whole', 'part'))
    expect(code).toBe('PUBLICATION')
    expect(message).toContain(
      `public.part is a partition of public.whole, which is also in the publication ${world.slot}`,
    )
    expect(message).not.toContain('ALTER')
    const recorder = new Recorder()
    world.stream(recorder, captured('part'))
    await world.streaming(recorder)
    await sql(`INSERT INTO whole VALUES ('b')`)
    await eventually(() => expect(recorder.inserted()).toEqual([['b']]))
  })

  it('refuses a partition whose parent is published with its schema, until what it prints was run', async () => {
    await sql(`CREATE SCHEMA "All"; CREATE TABLE "All".whole (id text PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE part PARTITION OF "All".whole FOR VALUES FROM ('a') TO ('m'); ALTER TABLE part REPLICA IDENTITY FULL;
      CREATE PUBLICATION ${world.slot} FOR TABLE part, TABLES IN SCHEMA "All" WITH (publish_via_partition_root = true)`)
    const captured = { tables: [{ schema: 'public', table: 'part', columns: [], id: ['id'] }] }
    const { code, message } = await world.refusal(captured)
    expect(code).toBe('PUBLICATION')
    expect(message).toContain('public.part is a partition of All.whole')
    await sql(message.split('\n').at(-1) ?? '')
    const recorder = new Recorder()
    world.stream(recorder, captured)
    await world.streaming(recorder)
    await sql(`INSERT INTO part VALUES ('b')`)
    await eventually(() => expect(recorder.inserted()).toEqual([['b']]))
  })

  it('prints what to run when the login may not publish, and works once it was run', async () => {
    await sql(FULL)
    const databaseUrl = await world.login('REPLICATION')
    const { code, message } = await world.refusal({ databaseUrl })
    expect(code).toBe('PUBLICATION')
    const statement = message.split('\n').at(-1) ?? ''
    expect(statement).toMatch(/^CREATE PUBLICATION .* FOR TABLE "public"."item"/)
    await sql(statement)
    const recorder = new Recorder()
    world.stream(recorder, { databaseUrl })
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('a')`)
    await eventually(() => expect(recorder.inserted()).toEqual([['a']]))
  })

  it('names the right that the login lacks', async () => {
    await sql(FULL)
    const databaseUrl = await world.login('')
    const role = new URL(databaseUrl).username
    expect(await world.refusal({ databaseUrl })).toEqual({
      code: 'REPLICATION_RIGHT',
      message: expect.stringContaining(`ALTER ROLE "${role}" REPLICATION;`),
    })
  })

  it('tells a wrong password, a missing database and a server that is away apart from each other', async () => {
    const wrong = new URL(world.database.url)
    wrong.password = 'wrong'
    expect((await world.refusal({ databaseUrl: wrong.href })).code).toBe('LOGIN_REFUSED')
    const missing = new URL(world.database.url)
    missing.pathname = '/no_such_database'
    expect(await world.refusal({ databaseUrl: missing.href })).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('database "no_such_database" does not exist: correct the URL'),
    })
    expect((await world.refusal({ databaseUrl: 'postgres://a:b@127.0.0.1:1/c' })).code).toBe('UNREACHABLE')
  })

  it('never says the password', async () => {
    const url = new URL('postgres://somebody:s3cret-word@127.0.0.1:1/c')
    expect((await world.refusal({ databaseUrl: url.href })).message).not.toContain('s3cret')
  })

  it.each([
    ['belongs to something else', `'test_decoding'`],
    ['sends prepared transactions before they are committed', `'pgoutput', twophase => true`],
  ])('refuses a slot that %s', async (_, made) => {
    await sql(FULL)
    await sql(`SELECT pg_create_logical_replication_slot('${world.slot}', ${made})`)
    expect(await world.refusal()).toMatchObject({ code: 'SLOT_FOREIGN' })
  })

  it('waits for a slot that somebody else reads', async () => {
    await sql(FULL)
    const first = new Recorder()
    const stream = world.stream(first)
    await world.streaming(first)
    const second = new Recorder()
    world.stream(second)
    await eventually(() =>
      expect(second.states.some((state) => state.phase === 'failing' && state.error.code === 'SLOT_ACTIVE')).toBe(true),
    )
    await stream.stop()
    await world.streaming(second)
  })
})
