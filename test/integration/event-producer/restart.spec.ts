import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { EntityEvent } from '@hooklane/contracts/public'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

const TABLES = `public.item: { resource: items, entity: item, id: id }`

describe('order and restarts', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const insert = (id: number | string, company = 'c-1') =>
    world.pim.query(`INSERT INTO item (id, company_id) VALUES ('${id}', '${company}')`)
  const ids = () => world.events().map((event) => event.entity.id)

  beforeAll(async () => {
    world = await CaptureWorld.create()
    await world.pim.query(
      `CREATE TABLE item (id text PRIMARY KEY, company_id text); ALTER TABLE item REPLICA IDENTITY FULL`,
    )
    await world.capture(TABLES)
  })
  afterEach(() => producer.end('SIGKILL'))
  afterAll(() => world.close())

  /** In this file every test begins where the last one ended: only what comes after `before` is its own. */
  const own = (before: number) => ids().slice(before)
  const startAndSettle = async () => {
    producer = world.start()
    await producer.ready()
    const fence = `fence-${Math.random()}`
    await insert(fence, 'c-fence')
    await eventually(() => expect(ids()).toContain(fence))
    return ids().length
  }

  it('events stand in the order of the commits, however transactions overlap', async () => {
    const before = await startAndSettle()
    const [long, short] = [await world.session(), await world.session()]
    await long.query(`BEGIN; INSERT INTO item VALUES ('long-1', 'c-1')`)
    await short.query(`INSERT INTO item VALUES ('short-1', 'c-1')`)
    await short.query(`BEGIN; INSERT INTO item VALUES ('middle-1', 'c-1')`)
    await long.query(`INSERT INTO item VALUES ('long-2', 'c-1')`)
    await insert('short-2')
    await long.query(`INSERT INTO item VALUES ('long-3', 'c-1'); COMMIT`)
    await insert('short-3')
    await short.query(`INSERT INTO item VALUES ('middle-2', 'c-1'); COMMIT`)
    const expected = ['short-1', 'short-2', 'long-1', 'long-2', 'long-3', 'short-3', 'middle-1', 'middle-2']
    await eventually(() => expect(own(before)).toEqual(expected))
    const offsets = world.eventRecords().filter((record) => record.key?.toString() === 'c-1')
    expect(offsets.map((record) => (JSON.parse(String(record.value)) as EntityEvent).entity.id).slice(-8)).toEqual(
      expected,
    )
  })

  it('overlapping transactions are whole after a restart between their commits', async () => {
    const before = await startAndSettle()
    const long = await world.session()
    await long.query(`BEGIN; INSERT INTO item VALUES ('L-1', 'c-1')`)
    await insert('S-1')
    await eventually(() => expect(own(before)).toEqual(['S-1']))
    await long.query(`INSERT INTO item VALUES ('L-2', 'c-1')`)
    await producer.end('SIGKILL')
    await insert('S-2')
    await long.query(`INSERT INTO item VALUES ('L-3', 'c-1'); COMMIT`)
    producer = world.start()
    await insert('S-3')
    await eventually(() => expect(own(before)).toEqual(['S-1', 'S-2', 'L-1', 'L-2', 'L-3', 'S-3']))
  })

  it('a kill between the publish and the acknowledgement repeats nothing', async () => {
    const before = await startAndSettle()
    let rounds = 0
    // A kill may also come after the acknowledgement, or after the mark was saved: then nothing is read again. Another round is needed.
    for (let repeated = 0; repeated < 50 && rounds < 20;) {
      const round = rounds++
      await world.pim.query(
        `INSERT INTO item SELECT 'k-${round}-' || i, 'c-' || i % 7 FROM generate_series(1, 50) AS i`,
      )
      await eventually(() => expect(own(before).length).toBe(rounds * 51 - 1))
      await producer.end('SIGKILL')
      producer = world.start()
      await insert(`after-${round}`)
      await eventually(() => expect(ids()).toContain(`after-${round}`))
      expect(own(before).length).toBe(rounds * 51)
      repeated = await producer.metric('capture_repeated_total', 'pim')
    }
    expect(new Set(ids()).size).toBe(ids().length)
    // Postgres has sent a published transaction again.
    expect(await producer.metric('capture_repeated_total', 'pim')).toBeGreaterThanOrEqual(50)
  })

  it('a kill in the midst of a large transaction repeats nothing and loses nothing', async () => {
    const before = await startAndSettle()
    const rows = 20_000
    await world.pim.query(`INSERT INTO item SELECT 'm-' || i, 'c-' || i % 7 FROM generate_series(1, ${rows}) AS i`)
    await eventually(() => expect(own(before).length).toBeGreaterThan(1_000))
    await producer.end('SIGKILL')
    const published = own(before).length
    expect(published).toBeLessThan(rows)
    producer = world.start()
    await eventually(() => expect(own(before).length).toBeGreaterThanOrEqual(rows), 60_000)
    await insert('after-large')
    await eventually(() => expect(ids()).toContain('after-large'))
    expect(own(before).length).toBe(rows + 1)
    expect(new Set(own(before)).size).toBe(rows + 1)
  })

  it('SIGTERM acknowledges what it has published and ends in time', async () => {
    const before = await startAndSettle()
    for (let i = 0; i < 20; i++) await insert(`t-${i}`)
    await eventually(() => expect(own(before).length).toBe(20))
    // 0: within the drain limit.
    expect(await producer.end('SIGTERM')).toBe(0)
    expect(await world.unacknowledged()).toBe(0)
  })

  it('SIGTERM under load ends in time, and the next process goes on without a copy', async () => {
    const before = await startAndSettle()
    const rows = 5_000
    for (let i = 0; i < 10; i++)
      await world.pim.query(
        `INSERT INTO item SELECT 'u-${i}-' || n, 'c-' || n % 7 FROM generate_series(1, ${rows / 10}) AS n`,
      )
    expect(await producer.end('SIGTERM')).toBe(0)
    producer = world.start()
    await eventually(() => expect(own(before).length).toBeGreaterThanOrEqual(rows), 60_000)
    await insert('after-load')
    await eventually(() => expect(ids()).toContain('after-load'))
    expect(own(before).length).toBe(rows + 1)
  })

  it('a second process waits for the slot and takes over when the first is gone', async () => {
    const before = await startAndSettle()
    const second = world.start()
    expect(await second.refusal('pim')).toContain('SLOT_ACTIVE: the slot')
    await insert('by-first')
    await eventually(() => expect(own(before)).toEqual(['by-first']))
    await producer.end('SIGKILL')
    await second.ready()
    await insert('by-second')
    await eventually(() => expect(own(before)).toEqual(['by-first', 'by-second']))
    await second.end('SIGTERM')
  })

  it('a broken connection is made again, and nothing is lost or repeated', async () => {
    const before = await startAndSettle()
    for (let i = 0; i < 5; i++) {
      await insert(`r-${i}`)
      await world.pim.query(
        `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${world.slotOf('pim')}'`,
      )
    }
    await insert('r-5')
    await eventually(() => expect(own(before)).toEqual(['r-0', 'r-1', 'r-2', 'r-3', 'r-4', 'r-5']))
  })

  it('an idle source does not pin the WAL while others write', async () => {
    await startAndSettle()
    await world.pim.query(`CREATE TABLE IF NOT EXISTS noise (t text)`)
    for (let i = 0; i < 20; i++)
      await world.pim.query(`INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 500)`)
    await eventually(async () => expect(await world.lagBytes()).toBeLessThan(100_000), 90_000)
  })
})
