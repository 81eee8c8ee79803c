import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** Little log is kept for slots, so that one can be lost by writing a little. */
const SETTINGS = { max_slot_wal_keep_size: '1MB', wal_sender_timeout: '2s', autovacuum: 'off' }

/** A PostgreSQL of this file's own, whose settings and data a test may exchange. */
describe('a server', () => {
  let directory: string
  let server: Awaited<ReturnType<typeof startPostgres>>
  let port: number
  let world: CaptureWorld
  let producer: ProducerProcess
  const startServer = async (settings: Record<string, string>) => {
    const dataDir = join(directory, 'postgres')
    server = await startPostgres({ dataDir, settings: { ...SETTINGS, ...settings }, ...(port ? { port } : {}) })
    port = Number(new URL(server.url).port)
  }
  const sql = (statements: string) => eventually(() => world.pim.query(statements))
  const insert = (id: string) => sql(`INSERT INTO item VALUES ('${id}', 'c-1')`)
  const published = (ids: readonly string[]) => eventually(() => expect(world.idsOf('pim')).toEqual(ids))
  const capture = (epoch: number) => world.captureSources([{ name: 'pim', table: 'item', epoch }])
  /** As an operator does it: the file, then a restart. */
  const raiseEpoch = async (epoch: number) => {
    await producer.end('SIGTERM')
    await capture(epoch)
    producer = world.start()
    await producer.ready()
  }
  const configurations = () =>
    world.records
      .filter((record) => record.topic === world.topics.subscriptions)
      .map((record) => record.key?.toString())
  const putCompany = (id: string) =>
    world.own.query(
      `INSERT INTO hooklane.configuration (key, kind, version, body)
       VALUES ('company:${id}', 'company', nextval('hooklane.configuration_version'), '{"id":"${id}","name":"n"}')`,
    )

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hl-server-'))
    await startServer({ wal_level: 'replica' })
    world = await CaptureWorld.create(server.url)
    await sql(`CREATE TABLE item (id text PRIMARY KEY, company_id text); ALTER TABLE item REPLICA IDENTITY FULL`)
    await capture(1)
    producer = world.start()
  })
  afterAll(async () => {
    try {
      await producer.end('SIGKILL')
      await world.close()
    } finally {
      await server.stop()
      await rm(directory, { recursive: true })
    }
  })

  it('with wal_level replica is refused with the statement, and read once it was restarted with logical', async () => {
    const refusal = await producer.refusalWith('pim', 'WAL_LEVEL')
    expect(refusal).toContain(
      'wal_level is replica: it must be logical, so that changes can be read from the write-ahead log',
    )
    expect(refusal.split('\n').at(-1)).toBe('ALTER SYSTEM SET wal_level = logical; -- then restart PostgreSQL')
    expect(await producer.refusalWith('hooklane', 'WAL_LEVEL')).toBe(refusal)
    await server.stop()
    await startServer({ wal_level: 'logical' })
    await producer.ready()
    await insert('one')
    await published(['one'])
  })

  it('is never kept from shutting down in order, also when nothing is captured of what it has written', async () => {
    await sql(`CREATE TABLE beside AS SELECT 1 AS n`)
    await eventually(async () => expect(await producer.metric('capture_lag_bytes', 'pim')).toBeLessThan(1_000_000))
    let hasExited = false
    void server.exited.then(() => (hasExited = true))
    server.kill('SIGINT')
    await eventually(() => expect(hasExited).toBe(true))
    await startServer({})
    await producer.ready()
    await insert('after')
    await published(['one', 'after'])
  })

  it('that is set back while it is read is refused, also when it has gone on: new events would be taken for copies', async () => {
    const cluster = join(directory, 'postgres', 'cluster')
    const backup = join(directory, 'backup')
    await server.stop()
    await copyTree(cluster, backup)
    await startServer({})
    await sql(`CREATE TABLE filler (t text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 2000)`)
    await insert('two')
    await published(['one', 'after', 'two'])
    await server.stop()
    await rm(cluster, { recursive: true })
    await copyTree(backup, cluster)
    await startServer({})
    const refusal = await producer.refusalWith('pim', 'POSITION_BEHIND')
    expect(refusal).toMatch(
      /^pim was read up to [0-9A-F]+\/[0-9A-F]+, but the history of this database does not include that position: the database was restored, or is another one/,
    )
    expect(refusal).toContain(`raise the source's epoch in the capture file to 2 (${world.directory}/capture.yaml:2)`)
    await producer.reads('hooklane')
    // It goes on, and beyond the place that was published: what it has committed before that place would be taken for copies.
    await insert('would be a copy')
    await sql(`CREATE TABLE filler (t text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 4000)`)
    await insert('beyond')
    const failures = await producer.metric('capture_failures_total', 'pim')
    await eventually(async () =>
      expect(await producer.metric('capture_failures_total', 'pim')).toBeGreaterThan(failures),
    )
    expect(await producer.refusalWith('pim', 'POSITION_BEHIND')).toBe(refusal)
    await raiseEpoch(2)
    await insert('three')
    await published(['one', 'after', 'two', 'three'])
  })

  it('that has lost the log of a slot while its reader stood still is refused, then and after a restart', async () => {
    producer.signal('SIGSTOP')
    await insert('lost')
    await putCompany('c-late')
    await eventually(async () => {
      await sql(`SELECT pg_logical_emit_message(false, 'filler', 'x'); SELECT pg_switch_wal(); CHECKPOINT`)
      const slots = await world.pim.query<{ wal_status: string }>('SELECT wal_status FROM pg_replication_slots')
      expect(slots.map((slot) => slot.wal_status)).toEqual(['lost', 'lost'])
    })
    producer.signal('SIGCONT')
    const refusal = await producer.refusalWith('pim', 'SLOT_LOST')
    expect(refusal).toMatch(
      /^PostgreSQL has invalidated the slot \S+ \(wal_removed\), which was read up to [0-9A-F]+\/[0-9A-F]+/,
    )
    expect(refusal).toContain(`raise the source's epoch in the capture file to 3 (${world.directory}/capture.yaml:2)`)
    await producer.end('SIGTERM')
    producer = world.start()
    expect(await producer.refusalWith('pim', 'SLOT_LOST')).toMatch(/^PostgreSQL has invalidated the slot/)
    await raiseEpoch(3)
    await insert('four')
    await published(['one', 'after', 'two', 'three', 'four'])
  })

  it('that has lost the log of the configuration’s slot is read again by itself, and no change of it is missing', async () => {
    await eventually(() => expect(configurations()).toContain('company:c-late'))
    await producer.reads('hooklane')
  })
})

/** With their owner, which Node's own copying does not keep: PostgreSQL reads no files of somebody else. */
const copyTree = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to])
