import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { createEmptyDatabase, type TestDatabase } from '../postgres/test-database.js'
import { CaptureWorld, dropWithSlots, FREQUENT_CHECKS } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

describe('a process with the URL of another system, which has a slot of that name', () => {
  let world: CaptureWorld
  let directory: string
  let server: Awaited<ReturnType<typeof startPostgres>>
  let other: TestDatabase
  let producer: ProducerProcess

  beforeAll(async () => {
    world = await CaptureWorld.create()
    directory = await mkdtemp(join(tmpdir(), 'hl-other-'))
    server = await startPostgres({ dataDir: join(directory, 'postgres') })
    other = await createEmptyDatabase('pim', server.url)
    for (const database of [world.pim, other])
      await database.query(`CREATE TABLE item (id text PRIMARY KEY, note text); ALTER TABLE item REPLICA IDENTITY FULL`)
    const name = world.slotOf('pim')
    await other.query(`CREATE PUBLICATION ${name} FOR TABLE item WITH (publish_via_partition_root = true)`)
    await other.query(`SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`)
    await world.capture('public.item: { resource: items, entity: item, id: id }', 'company: { value: cmp_1 }')
    producer = world.start({ ...FREQUENT_CHECKS })
    await producer.ready()
    await world.pim.query(`INSERT INTO item VALUES ('1')`)
    await world.eventsAfter(1)
  })
  afterAll(async () => {
    await world.close()
    await dropWithSlots(other)
    await server.stop()
    await rm(directory, { recursive: true })
  })

  it('does not stop the one that reads the source', async () => {
    const wrong = world.start({ PIM_URL: other.url, ...FREQUENT_CHECKS })
    const refusal = await wrong.refusal('pim')
    await wrong.end('SIGTERM')
    await world.pim.query(`INSERT INTO item VALUES ('2')`)
    await world.eventsAfter(2)
    const [{ at } = { at: '' }] = await world.pim.query<{ at: string }>('SELECT pg_current_wal_lsn()::text AS at')
    await world.pim.query(
      `CREATE TABLE noise AS SELECT repeat(md5(i::text), 20) AS t FROM generate_series(1, 10000) AS i`,
    )
    await eventually(async () => {
      const [slot] = await world.pim.query<{ acknowledged: boolean }>(
        `SELECT confirmed_flush_lsn >= '${at}'::pg_lsn AS acknowledged FROM pg_replication_slots WHERE slot_name = '${world.slotOf('pim')}'`,
      )
      expect(slot?.acknowledged).toBe(true)
    })
    expect(refusal).toMatch(/^POSITION_BEHIND: .*Correct the URL and restart/)
    expect(world.idsOf('pim')).toEqual(['1', '2'])
    expect((await producer.health()).parts['source pim']).toEqual({ ready: true, detail: 'streaming' })
  })

  it('harms no source of another database of the same server', async () => {
    const neighbour = await createEmptyDatabase('neighbour')
    try {
      await neighbour.query(`CREATE TABLE item (id text PRIMARY KEY); ALTER TABLE item REPLICA IDENTITY FULL`)
      const before = world.idsOf('pim').length
      const wrong = world.start({ PIM_URL: neighbour.url, ...FREQUENT_CHECKS })
      expect(await wrong.refusal('pim')).toMatch(/^SLOT_FOREIGN: .*: correct the URL and restart/)
      await wrong.end('SIGTERM')
      await world.pim.query(`INSERT INTO item VALUES ('beside')`)
      await world.eventsAfter(before + 1)
      expect((await producer.health()).parts['source pim']?.ready).toBe(true)
      const [mark] = await world.own.query<{ gaps: object }>('SELECT gaps FROM hooklane.capture_mark')
      expect(mark?.gaps).toEqual({})
    } finally {
      await neighbour.drop()
    }
  })
})
