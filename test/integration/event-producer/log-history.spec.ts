import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** A PostgreSQL of this file's own, whose log a test may set back or promote. */
describe('the log of a source', () => {
  let directory: string
  let server: Awaited<ReturnType<typeof startPostgres>>
  let port: number | undefined
  let world: CaptureWorld
  let producer: ProducerProcess
  const cluster = () => join(directory, 'postgres', 'cluster')
  const backup = () => join(directory, 'backup')
  const startServer = async () => {
    const settings = { wal_level: 'logical', wal_sender_timeout: '2s', autovacuum: 'off' }
    server = await startPostgres({ dataDir: join(directory, 'postgres'), settings, ...(port ? { port } : {}) })
    port = Number(new URL(server.url).port)
  }
  /** Ends recovery at once, on a timeline of its own: as a standby does that is promoted. */
  const startPromoted = async () => {
    await writeFile(join(cluster(), 'recovery.signal'), '')
    await writeFile(join(cluster(), 'postgresql.auto.conf'), `restore_command = 'false'\n`)
    await startServer()
  }
  const sql = (statements: string) => eventually(() => world.pim.query(statements))
  const insert = (id: string) => sql(`INSERT INTO item VALUES ('${id}', 'c-1')`)
  const published = (ids: readonly string[]) => eventually(() => expect(world.idsOf('pim')).toEqual(ids))
  const resyncs = () =>
    world
      .events()
      .filter((event) => event.type === 'resync.required')
      .map(({ companyId, data }) => [companyId, data?.reason, data?.resources])
  const restart = async (epoch = 1, isReady = true) => {
    await world.captureSources([{ name: 'pim', table: 'item', epoch }])
    producer = world.start()
    if (isReady) await producer.ready()
  }
  const remakeSlot = () =>
    eventually(() =>
      sql(
        `SELECT pg_drop_replication_slot('${world.slotOf('pim')}');
         SELECT pg_create_logical_replication_slot('${world.slotOf('pim')}', 'pgoutput')`,
      ),
    )

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hl-log-'))
    await startServer()
    world = await CaptureWorld.create(server.url)
    for (const id of ['c-1', 'c-2']) {
      await world.own.query(
        `INSERT INTO hooklane.configuration (key, kind, version, body)
         VALUES ('company:${id}', 'company', nextval('hooklane.configuration_version'), '{"id":"${id}","name":"n"}')`,
      )
    }
    await sql(`CREATE TABLE item (id text PRIMARY KEY, company_id text); ALTER TABLE item REPLICA IDENTITY FULL`)
    await restart()
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

  it('that a promoted standby holds whole is read on', async () => {
    await insert('one')
    await published(['one'])
    await server.stop()
    await startPromoted()
    await insert('two')
    await published(['one', 'two'])
    expect(await world.own.query(`SELECT timeline FROM hooklane.capture_mark`)).toEqual([{ timeline: 2 }])
  })

  it('is not read over when a process takes over from one that ends in order, again and again', async () => {
    for (const id of ['a', 'b', 'c']) {
      const next = world.start()
      await insert(id)
      await producer.end('SIGTERM')
      producer = next
      await producer.ready()
    }
    await published(['one', 'two', 'a', 'b', 'c'])
  })

  it('whose slot was made again while nobody looked is refused, then and after a restart', async () => {
    await producer.end('SIGTERM')
    await insert('lost')
    await remakeSlot()
    await restart(1, false)
    const refusal = await producer.refusalWith('pim', 'SLOT_LOST')
    expect(refusal).toMatch(
      /^somebody else recreated or advanced the slot \S+: earlier changes of pim are no longer in the slot/,
    )
    await producer.end('SIGKILL')
    await restart(1, false)
    expect(await producer.refusalWith('pim', 'SLOT_LOST')).toBe(refusal)
  })

  it('is said to be lost to every company when the epoch is raised, and goes on', async () => {
    await producer.end('SIGTERM')
    await restart(2)
    await insert('after')
    await published(['one', 'two', 'a', 'b', 'c', 'after'])
    await eventually(() =>
      // Events of different companies have no order.
      expect(resyncs().sort()).toEqual([
        ['c-1', 'slotLost', ['pim']],
        ['c-2', 'slotLost', ['pim']],
      ]),
    )
  })

  it('of a promoted standby that lacks what was published is refused at once, however far it has gone on', async () => {
    await producer.end('SIGTERM')
    await server.stop()
    await cp(cluster(), backup(), { recursive: true })
    await startServer()
    await restart(2)
    await insert('undone')
    await eventually(() => expect(world.idsOf('pim')).toContain('undone'))
    await producer.end('SIGTERM')
    await server.stop()
    await rm(cluster(), { recursive: true })
    await cp(backup(), cluster(), { recursive: true })
    await startPromoted()
    await sql(`CREATE TABLE filler (t text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 4000)`)
    await insert('instead')
    await restart(2, false)
    expect(await producer.refusalWith('pim', 'POSITION_BEHIND')).toContain(
      'the history of this database does not include that position',
    )
    await producer.end('SIGTERM')
    await restart(3)
    await eventually(() =>
      expect(
        resyncs()
          .slice(2)
          .map(([, reason]) => reason),
      ).toEqual(['restored', 'restored']),
    )
  })

  it('of another database under the same address is refused', async () => {
    await producer.end('SIGTERM')
    await world.own.query(`UPDATE hooklane.capture_mark SET system_identifier = '1'`)
    await restart(3, false)
    expect(await producer.refusalWith('pim', 'POSITION_BEHIND')).toContain('is not the database that was read before')
  })
})
