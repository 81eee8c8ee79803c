import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { CaptureWorld, FREQUENT_CHECKS } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** A server of this file's own, because others allow no prepared transactions. */
const SETTINGS = { max_prepared_transactions: '10', autovacuum: 'off' }

describe('a source whose database is in use by others', () => {
  let directory: string
  let server: Awaited<ReturnType<typeof startPostgres>>
  let world: CaptureWorld
  let producer: ProducerProcess
  const sql = (statements: string) => world.pim.query(statements)
  /** Opens a session of an application, and returns it with its pid. */
  const open = async (statements: string): Promise<{ readonly client: pg.Client; readonly pid: number }> => {
    const client = await world.session()
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await client.query(`SET application_name = 'shop import'; BEGIN; ${statements}`)
    return { client, pid: rows[0]?.pid ?? 0 }
  }
  /** @param beside tables that each source captures besides the one of its name */
  const start = async (
    sources: Readonly<Record<string, string>>,
    env: NodeJS.ProcessEnv = {},
    beside: readonly string[] = [],
  ) => {
    await producer.end('SIGTERM')
    const texts = Object.entries(sources).map(([name, more]) => {
      const tables = [name, ...beside].map(
        (table) => `      public.${table}: { resource: ${table}s, entity: ${table}, id: id }`,
      )
      return `  - name: ${name}
    database: \${PIM_URL}
    company: { value: c-1 }${more}
    tables:\n${tables.join('\n')}\n`
    })
    await world.captureText(`sources:\n${texts.join('')}`)
    producer = world.start({ ...FREQUENT_CHECKS, ...env })
  }
  const partOf = async (source: string) => (await producer.health()).parts[`source ${source}`]
  /** Waits until the state of a source and a log line contain these texts, and returns the state. */
  const waits = (source: string, ...texts: readonly string[]): Promise<string> =>
    eventually(async () => {
      const { detail = '' } = (await partOf(source)) ?? {}
      const line = producer.log.find((one) => texts.every((text) => one.includes(text)))
      for (const text of texts) expect(detail).toContain(text)
      if (line === undefined) throw new Error(producer.log.join('\n'))
      expect(line).toContain('"level":"warn"')
      return detail
    })
  const make = (name: string) =>
    sql(
      `CREATE TABLE ${name} (id int PRIMARY KEY, note text); ALTER TABLE ${name} REPLICA IDENTITY FULL; INSERT INTO ${name} VALUES (1)`,
    )
  const creation = (source: string) => `the creation of the replication slot ${world.slotOf(source)} waits for `
  const change = (source: string) => `the change of the publication ${world.slotOf(source)} waits for `

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hl-waiting-'))
    server = await startPostgres({ dataDir: join(directory, 'postgres'), settings: SETTINGS })
    world = await CaptureWorld.create(server.url)
    producer = world.startWithoutCapture()
  })
  afterAll(async () => {
    try {
      await world.close()
    } finally {
      await server.stop()
      await rm(directory, { recursive: true })
    }
  })

  it('names the session whose transaction the creation of the slot waits for, and never its query', async () => {
    await make('slotted')
    const { client, pid } = await open(`INSERT INTO slotted VALUES (2, 'secret-note')`)
    await start({ slotted: '' })
    const detail = await waits('slotted', creation('slotted'), `SELECT pg_terminate_backend(${pid});`)
    expect(detail).toMatch(
      new RegExp(
        `^preparing: .* session ${pid} \\(application shop import, user \\w+, database \\w+, idle in transaction, transaction open for \\d+ s\\)`,
      ),
    )
    expect(producer.log.join('\n')).not.toContain('secret-note')
    await client.query('COMMIT')
    await producer.reads('slotted')
    expect((await partOf('slotted'))?.detail).toBe('streaming')
  })

  it('names a prepared transaction by its gid, with the statement that ends it', async () => {
    await make('prepared')
    const { client } = await open(`INSERT INTO prepared VALUES (2)`)
    await client.query(`PREPARE TRANSACTION 'it''s 7'`)
    await start({ prepared: '' })
    await waits('prepared', `${creation('prepared')}prepared transaction it's 7 (`, `ROLLBACK PREPARED 'it''s 7';`)
    await sql(`COMMIT PREPARED 'it''s 7'`)
    await producer.reads('prepared')
  })

  it('names the session and the prepared transaction for whose locks the publication waits', async () => {
    await make('locked')
    const { client, pid } = await open('LOCK TABLE locked IN SHARE UPDATE EXCLUSIVE MODE')
    // A lock that conflicts with nothing of ours: it must not be named.
    const reader = await open('INSERT INTO locked VALUES (2); LOCK TABLE locked IN ROW EXCLUSIVE MODE')
    await reader.client.query(`PREPARE TRANSACTION 'harmless'`)
    await start({ locked: '' })
    const detail = await waits('locked', `${change('locked')}session ${pid} (`, `SELECT pg_terminate_backend(${pid});`)
    expect(detail).not.toContain('harmless')
    await sql(`ROLLBACK PREPARED 'harmless'`)
    await client.query(`PREPARE TRANSACTION 'locker'`)
    await waits('locked', `${change('locked')}prepared transaction locker (`, `ROLLBACK PREPARED 'locker';`)
    await sql(`ROLLBACK PREPARED 'locker'`)
    await producer.reads('locked')
  })

  it('goes on reading, and says so, while a look at its catalogue waits', async () => {
    await sql(`CREATE TABLE looked (id int PRIMARY KEY) PARTITION BY RANGE (id); ALTER TABLE looked REPLICA IDENTITY FULL;
      CREATE TABLE looked_0 PARTITION OF looked DEFAULT; ALTER TABLE looked_0 REPLICA IDENTITY FULL`)
    await make('beside')
    await start({ looked: '' }, {}, ['beside'])
    await producer.reads('looked')
    const reader = await open('SELECT FROM looked_0')
    const { client, pid } = await open('')
    const lock = client.query('LOCK TABLE looked_0 IN ACCESS EXCLUSIVE MODE')
    const whom = `session ${pid} (`
    const detail = await waits(
      'looked',
      'a look at the catalogue waits for ',
      whom,
      `which itself waits for session ${reader.pid}`,
    )
    expect(detail).toMatch(/^streaming: /)
    expect((await partOf('looked'))?.ready).toBe(true)
    await sql('INSERT INTO beside VALUES (2)')
    await world.eventsUntil(({ entity }) => entity.type === 'beside' && entity.id === '2')
    await reader.client.query('ROLLBACK')
    await lock
    await client.query('ROLLBACK')
    await eventually(async () => expect((await partOf('looked'))?.detail).toBe('streaming'))
  })

  it('names of a session only what the login may see of it', async () => {
    await make('limited')
    await sql(`CREATE ROLE limited LOGIN REPLICATION PASSWORD 'p'; ALTER TABLE limited OWNER TO limited`)
    await sql(`DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO limited', current_database()); END $$`)
    const url = new URL(world.pim.url)
    url.username = 'limited'
    url.password = 'p'
    const { client, pid } = await open(`INSERT INTO limited VALUES (2)`)
    await start({ limited: '' }, { PIM_URL: url.href })
    const detail = await waits('limited', `${creation('limited')}session ${pid}`)
    expect(detail).not.toMatch(/idle|open for/)
    await client.query('COMMIT')
    await producer.reads('limited')
  })

  it('names for whom an announcement waits, with or without a transaction id, prepared or not', async () => {
    await make('told')
    await start({ told: '' })
    await producer.reads('told')
    const publication = world.slotOf('told')
    await sql(`ALTER PUBLICATION ${publication} DROP TABLE told`)
    await sql(`ALTER PUBLICATION ${publication} ADD TABLE told`)
    const refusal = await producer.refusalWith('told', 'CHANGES_MISSING')
    const { client, pid } = await open('LOCK TABLE told IN ROW EXCLUSIVE MODE')
    const writer = await open('INSERT INTO told VALUES (2)')
    await writer.client.query(`PREPARE TRANSACTION 'import-7'`)
    const id = /gap-[0-9a-f]{8}/.exec(refusal)?.[0]
    await start({ told: `\n    accept: [${id}]` })
    const detail = await waits(
      'told',
      'the event resync.required waits for ',
      `session ${pid} (application shop import`,
      'prepared transaction import-7 (',
      `SELECT pg_terminate_backend(${pid});`,
      `ROLLBACK PREPARED 'import-7';`,
    )
    expect(detail).toMatch(/^streaming: /)
    expect(world.events().filter(({ type }) => type === 'resync.required')).toEqual([])
    await client.query('COMMIT')
    await sql(`COMMIT PREPARED 'import-7'`)
    await world.eventsUntil(({ type, producer: source }) => type === 'resync.required' && source === 'told')
    await eventually(async () => expect((await partOf('told'))?.detail).toBe('streaming'))
  })
})
