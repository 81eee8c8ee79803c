import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { RecorderWorld } from './recorder-world.js'

const WITHIN = { withinMs: 45_000 }

describe('a recorder in trouble', () => {
  let world: RecorderWorld
  beforeAll(async () => {
    world = await RecorderWorld.create()
  })
  afterEach(async () => world.endAll('SIGTERM'))
  afterAll(async () => world.close())

  const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, n) => n + from)
  const sequences = async (app: string) => (await world.deliveries(app)).map(({ sequence }) => sequence)

  it('loses nothing while connections are cut and refused, and quarantines nothing twice', async () => {
    const recorder = await world.start()
    await world.publish(...upTo(50).map((n) => world.delivered('away', n, 1)))
    await eventually(async () => expect(await sequences('away')).toHaveLength(50), WITHIN)
    await world.database.refuseConnections()
    await world.publish(
      { ...world.delivered('away', 999, 1), headers: {} },
      ...upTo(500, 51).map((n) => world.delivered('away', n, 1)),
    )
    await eventually(async () => expect(await recorder.metric('log_write_failures_total')).toBeGreaterThan(2), WITHIN)
    await world.database.acceptConnections()
    await eventually(async () => expect(await sequences('away')).toEqual(upTo(550)), WITHIN)
    expect(world.quarantined()).toHaveLength(1)
  })

  it('goes on after kill -9 where it had committed; what it reads twice changes nothing', async () => {
    const first = await world.start({ RECORDER_BATCH_MAX: '20' })
    await world.publish(...upTo(400).map((n) => world.attempt('killed', n, 1)))
    await eventually(async () => expect((await sequences('killed')).length).toBeGreaterThan(20), WITHIN)
    await first.end('SIGKILL')
    await world.publish(...upTo(400).map((n) => world.delivered('killed', n, 2)))
    await world.start()
    await eventually(async () => {
      const rows = await world.deliveries('killed')
      expect(rows.filter(({ status, attempts }) => status === 'delivered' && attempts === 2)).toHaveLength(400)
    }, WITHIN)
    expect(await world.attempts('killed')).toHaveLength(800)
  })

  it('writes what it has read before it ends on SIGTERM, and leaves at once when the database is away', async () => {
    await world.start()
    await world.publish(...upTo(300).map((n) => world.delivered('ended', n, 1)))
    await eventually(async () => expect((await sequences('ended')).length).toBeGreaterThan(0), WITHIN)
    expect(await world.endAll('SIGTERM')).toEqual([0])
    const last = await world.start()
    await eventually(async () => expect(await sequences('ended')).toEqual(upTo(300)), WITHIN)
    await world.database.refuseConnections()
    await world.publish(world.delivered('late', 1, 1))
    await eventually(async () => expect(await last.metric('log_write_failures_total')).toBeGreaterThan(0), WITHIN)
    // 0: it did not wait for the drain limit.
    expect(await last.end('SIGTERM')).toBe(0)
    await world.database.acceptConnections()
    await world.start()
    await eventually(async () => expect(await sequences('late')).toEqual([1]), WITHIN)
  })

  it('stops reading while the database is away and the buffer is full, and goes on afterwards', async () => {
    const recorder = await world.start({ RECORDER_BUFFER_MAX: '100', RECORDER_BATCH_MAX: '50' })
    await world.database.refuseConnections()
    await world.publish(...upTo(100).map((n) => world.delivered('full', n, 1)))
    await eventually(async () => expect(await recorder.metric('log_buffered_records')).toBe(100), WITHIN)
    await world.publish(world.delivered('full', 101, 1))
    await eventually(async () => expect(await recorder.metric('log_buffered_records')).toBe(101), WITHIN)
    await world.publish(...upTo(2_000, 102).map((n) => world.delivered('full', n, 1)))
    const failures = await recorder.metric('log_write_failures_total')
    await eventually(async () => {
      expect(await recorder.metric('log_write_failures_total')).toBeGreaterThan(failures + 1)
    }, WITHIN)
    expect(await recorder.metric('log_buffered_records')).toBe(101)
    await world.database.acceptConnections()
    await eventually(async () => expect(await sequences('full')).toEqual(upTo(2_101)), WITHIN)
  })
})
