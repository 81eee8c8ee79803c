import { describe, expect, it } from '@jest/globals'
import { ChangesMissing } from '@hooklane/replication'
import {
  at,
  FIRST,
  found,
  insertInto,
  LOG,
  refusalOf,
  SECOND,
  sourceOf,
  start,
  TABLES,
} from './capture-consumer.fixture.js'
import { Outside } from './outside.fixture.js'

describe('a captured source', () => {
  it('whose connection breaks while Kafka is silent publishes what was queued after a crash', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    first.kafka.isSilent = true
    await first.read(insertInto(100n, FIRST))
    await first.source.ended()
    await first.connect(found(50n), new Map([...TABLES, ['public.other', 2]]))
    expect((outside.mark?.position ?? '') < at(50n)).toBe(true)
    await first.end()
    const second = start(outside)
    await second.connect(found(50n))
    await second.read(insertInto(100n, FIRST))
    await second.settled()
    expect(outside.positions).toEqual([at(100n)])
    expect(second.acknowledged).toEqual([101n])
    await second.end()
  })

  it('whose process was killed when only one of two partitions had its batch publishes the rest', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.end()
    outside.append(SECOND, { position: at(201n), transactionId: 'x201' })
    const second = start(outside)
    await second.connect(found(50n))
    await second.read(insertInto(200n, FIRST))
    await second.read(insertInto(201n, SECOND))
    await second.settled()
    expect(outside.topic.map((events) => events.map(({ position }) => position))).toEqual([[at(200n)], [at(201n)]])
    await second.end()
  })

  it('that was silent before its process ended is refused when the database was restored and has gone on', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    await first.marks.follow()
    await first.end()
    const second = start(outside)
    await second.connect(found(50n))
    await second.read(insertInto(60n, FIRST, 'another'))
    await second.settled()
    const refusal = await refusalOf(second.read(insertInto(120n, FIRST)))
    expect(refusal).toBeInstanceOf(ChangesMissing)
    expect(refusal).toMatchObject({ code: 'CHANGES_MISSING' })
    expect(String(refusal)).toContain('the write-ahead log does not hold transaction x100, which was published')
    // The WAL still holds what was mistaken for a duplicate.
    expect(second.acknowledged).toEqual([])
    await second.end()
  })

  it('is refused when the log goes on past what was published and does not hold it', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    await first.marks.follow()
    await first.end()
    const second = start(outside)
    await second.connect(found(50n))
    second.source.logRelease.offer(90n)
    expect(second.source.logRelease.releasable()).toBe(50n)
    expect(() => second.source.logRelease.offer(130n)).toThrow(ChangesMissing)
    await second.end()
  })

  it('whose transactions come again as they were published acknowledges them once the last published one has come', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.read(insertInto(110n, FIRST))
    await first.settled()
    await first.end()
    const second = start(outside)
    await second.connect(found(50n))
    await second.read(insertInto(100n, FIRST))
    await second.settled()
    expect(second.acknowledged).toEqual([])
    await second.read(insertInto(110n, FIRST))
    await second.settled()
    expect(second.acknowledged).toEqual([111n])
    expect(outside.positions).toEqual([at(100n), at(110n)])
    await second.end()
  })

  it('that was refused before it came to what was published stays refused after the log has gone on', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    await first.source.ended()
    const refusal = await refusalOf(first.connect(found(50n, { walEndLsn: 90n })))
    expect(refusal).toMatchObject({ code: 'POSITION_BEHIND' })
    expect(refusal).toBeInstanceOf(ChangesMissing)
    await first.marks.noteGaps((refusal as ChangesMissing).gaps, '0001')
    await first.end()
    const noted = await refusalOf(start(outside).source.history())
    expect(noted).toMatchObject({ code: 'POSITION_BEHIND', message: (refusal as ChangesMissing).message })
  })

  it.each([
    ['a slot that was moved on', { confirmedLsn: 151n }, 'SLOT_LOST'],
    ['a slot that was made again after a promotion', { ...promoted(120n), confirmedLsn: 140n }, 'SLOT_LOST'],
    ['a promotion that lost what was published', { ...promoted(99n), confirmedLsn: 60n }, 'POSITION_BEHIND'],
    ['another database', { log: { systemIdentifier: '8', timeline: 1 } }, 'POSITION_BEHIND'],
  ])('is refused with %s', async (_, now, code) => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    first.source.logRelease.offer(150n)
    await first.source.logRelease.flush()
    await first.end()
    const refusal = await refusalOf(start(outside).connect(found(50n, now)))
    expect(refusal).toMatchObject({ code })
    expect(refusal).toBeInstanceOf(ChangesMissing)
  })

  it.each([
    ['what another process released before it ended', {}],
    ['a promotion behind everything that was read', { ...promoted(151n) }],
  ])('does not take %s for a loss', async (_, now) => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    first.source.logRelease.offer(150n)
    await first.source.logRelease.flush()
    const released = first.source.logRelease.releasable() ?? 0n
    await first.end()
    const second = start(outside)
    await second.connect(found(released, now))
    await second.read(insertInto(200n, FIRST))
    await second.settled()
    expect(outside.positions).toEqual([at(100n), at(200n)])
    await second.end()
  })

  it('releases no more than the mark says, however long its database is away', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    outside.isDatabaseAway = true
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    first.source.logRelease.offer(101n)
    await first.source.logRelease.flush()
    expect(first.source.logRelease.releasable()).toBe(50n)
    outside.isDatabaseAway = false
    await first.source.logRelease.flush()
    expect(first.source.logRelease.releasable()).toBe(101n)
    await first.end()
  })

  it('that another process has read meanwhile publishes no duplicates of what that process published', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    await first.source.ended()
    const second = start(outside)
    await second.connect(found(50n))
    for (const lsn of [100n, 110n]) await second.read(insertInto(lsn, FIRST))
    await second.settled()
    await second.marks.follow()
    await second.read(insertInto(120n, FIRST))
    await second.settled()
    await second.end()
    await first.connect(found(50n))
    for (const lsn of [100n, 110n, 120n]) await first.read(insertInto(lsn, FIRST))
    await first.settled()
    expect(outside.positions).toEqual([at(100n), at(110n), at(120n)])
    await first.end()
  })

  it('that has lost its source to another process no longer moves the mark', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.connect(found(50n))
    const second = start(outside)
    await second.connect(found(50n))
    await first.read(insertInto(100n, FIRST))
    await first.settled()
    first.source.logRelease.offer(101n)
    await first.source.logRelease.flush()
    expect(first.source.logRelease.releasable()).toBe(50n)
    expect(outside.mark?.settledLsn).toBe(50n)
    await first.end()
    await second.end()
  })

  it('is not measured by what was published under an earlier epoch, and announces to receivers that it started over', async () => {
    const outside = new Outside()
    outside.append(FIRST, { position: at(1_000n), transactionId: 'x1000' })
    outside.mark = {
      ...(await new Outside().store.claim('pim', 'o', at(1_000n))),
      xid: 'x1000',
      log: LOG,
      settledLsn: 1_001n,
    }
    const { source, connect, read, settled, emitted, acknowledged, end } = start(outside, {
      capture: sourceOf({ epoch: 2 }),
      companies: [FIRST, SECOND],
    })
    expect(await source.history()).toEqual({ kind: 'over' })
    await connect(found(900n, { log: { systemIdentifier: '8', timeline: 1 } }))
    expect(emitted).toHaveLength(1)
    await read({ ...insertInto(1_200n, FIRST), announced: emitted })
    await settled()
    const types = outside.events.slice(1).map(({ event: { type, companyId, data } }) => [type, companyId, data?.reason])
    expect(types).toEqual([
      ['items.created', FIRST, undefined],
      ['resync.required', FIRST, 'restored'],
      ['resync.required', SECOND, 'restored'],
    ])
    expect(acknowledged).toEqual([1_201n])
    await end()
  })

  it('forgets an announcement once it is published, even when transactions without events come before Kafka has it', async () => {
    const outside = new Outside()
    outside.mark = { ...(await new Outside().store.claim('pim', 'o', at(1_000n))), log: LOG, settledLsn: 1_001n }
    const { connect, read, settled, marks, kafka, emitted, end } = start(outside, {
      capture: sourceOf({ epoch: 2 }),
      companies: [FIRST],
    })
    let answer: () => void = () => undefined
    kafka.answers = new Promise((resolve) => (answer = resolve))
    await connect(found(900n))
    await read({ xid: 'x1200', commitLsn: 1_200n, changes: [], announced: emitted })
    await read({ xid: 'x1300', commitLsn: 1_300n, changes: [] })
    answer()
    await settled()
    await read({ xid: 'x1400', commitLsn: 1_400n, changes: [] })
    expect(marks.announcements).toEqual([])
    await end()
  })
})

/** The WAL left the timeline that was read at this LSN. */
function promoted(leftAt: bigint) {
  return { log: { ...LOG, timeline: 2 }, timelines: new Map([[1, leftAt]]) }
}
