import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { announcedEvents, MAX_COMPANIES } from './announced-events.js'
import {
  at,
  FIRST,
  found,
  insertInto,
  LOG,
  relationOf,
  sourceOf,
  start,
  type LoggedTransaction,
  type ProcessOptions,
} from './capture-consumer.fixture.js'
import { formatPosition } from '@hooklane/core/capture'
import { Outside } from './outside.fixture.js'

/** A process that has to announce to one company that the source started over. */
async function startOver(options: ProcessOptions = {}, isOpen = false) {
  const outside = new Outside()
  outside.mark = { ...(await new Outside().store.claim('pim', 'o', at(1_000n))), log: LOG, settledLsn: 1_001n }
  const process = start(outside, { capture: sourceOf({ epoch: 2 }), companies: [FIRST], ...options })
  if (isOpen) process.openWriters.push('3/17')
  await process.connect(found(900n))
  const resyncs = () => outside.events.filter(({ event }) => event.type === 'resync.required')
  return { ...process, outside, resyncs }
}

describe('an announcement', () => {
  it('waits until all transactions that were open when it was noted have ended, and for no later one', async () => {
    const { emitted, openWriters, waitsFor, look, end } = await startOver({}, true)
    expect(emitted).toEqual([])
    expect(waitsFor).toEqual(['3/17'])
    openWriters.push('4/20')
    await look()
    expect(emitted).toEqual([])
    expect(waitsFor).toEqual(['3/17'])
    openWriters.shift()
    await look()
    expect(emitted).toHaveLength(1)
    expect(waitsFor).toEqual([])
    await look()
    expect(emitted).toHaveLength(1)
    await end()
  })

  it('that was emitted twice is published once', async () => {
    const { emitted, kafka, read, settled, resyncs, end } = await startOver()
    let answer: () => void = () => undefined
    kafka.answers = new Promise((resolve) => (answer = resolve))
    await read({ xid: 'x1200', commitLsn: 1_200n, changes: [], announced: emitted })
    await read({ xid: 'x1300', commitLsn: 1_300n, changes: [], announced: emitted })
    answer()
    await settled()
    expect(resyncs()).toHaveLength(1)
    await end()
  })

  it('is emitted again over a new connection, because a standby that took over may not have it', async () => {
    const { emitted, connect, read, settled, resyncs, end } = await startOver()
    const [lost = ''] = emitted
    await connect(found(900n))
    expect(emitted).toEqual([lost, lost])
    await read({ xid: 'x1300', commitLsn: 1_300n, changes: [], announced: [lost] })
    await settled()
    expect(resyncs()).toHaveLength(1)
    await end()
  })
})

const truncated = (commitLsn: bigint): LoggedTransaction => ({
  xid: `x${commitLsn}`,
  commitLsn,
  changes: [{ change: { op: 'truncate', relation: relationOf('item', ['id', 'company']) }, lsn: commitLsn - 50n }],
})

describe('a transaction that is published already', () => {
  it('still says which tables got rows after they were truncated', async () => {
    const outside = new Outside()
    const [truncate] = truncated(200n).changes
    const [row] = insertInto(200n, FIRST).changes
    if (!truncate || !row) throw new Error('no changes')
    const refilled = { xid: 'x200', commitLsn: 200n, changes: [truncate, row] }
    const said: string[][] = []
    for (const process of [start(outside), start(outside)]) {
      await process.connect(found(50n))
      await process.read(refilled)
      await process.settled()
      await process.marks.flush()
      said.push([...(process.reports.at(-1)?.refilled ?? [])])
      await process.end()
    }
    expect(said).toEqual([['items'], ['items']])
    expect(outside.events).toHaveLength(1)
  })
})

describe('the companies that are told', () => {
  const resyncsOf = (outside: Outside, { xid }: LoggedTransaction): string[] =>
    outside.events
      .filter(
        ({ event, position }) =>
          event.type === 'resync.required' && position.startsWith(at(BigInt(xid.slice(1))).slice(0, 21)),
      )
      .map(({ event }) => event.companyId)
      .sort()

  it('are each told once, however many are added and removed, and wherever a process is killed', async () => {
    const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']
    const companies = fc.subarray(NAMES)
    await fc.assert(
      fc.asyncProperty(companies, companies, companies, fc.nat(8), async (before, between, after, room) => {
        const outside = new Outside()
        const [first, second, third] = [truncated(200n), truncated(400n), truncated(600n)]
        const killed = start(outside, { companies: before, room })
        await killed.connect(found(50n))
        await killed.read(first)
        await (room < before.length ? killed.silence : killed.settled())
        const next = start(outside, { companies: between })
        await next.connect(found(50n))
        for (const transaction of [first, second]) await next.read(transaction)
        await next.settled()
        await next.marks.flush()
        await next.end()
        const last = start(outside, { companies: after })
        await last.connect(found(50n))
        for (const transaction of [first, second, third]) await last.read(transaction)
        await last.settled()
        await last.end()
        const told = resyncsOf(outside, first)
        expect(new Set(told).size).toBe(told.length)
        expect(new Set(outside.positions).size).toBe(outside.positions.length)
        expect(told).toEqual(expect.arrayContaining(before.filter((company) => between.includes(company))))
        expect([...before, ...between, ...after]).toEqual(expect.arrayContaining(told))
        // A transaction without a company to tell may come again, and is announced to those that exist then.
        if (between.length > 0) expect(resyncsOf(outside, second)).toEqual(between)
        expect(resyncsOf(outside, third)).toEqual(after)
      }),
    )
  })

  it('are only the one of the source, when the file has come to name it', async () => {
    const outside = new Outside()
    const all = start(outside, { companies: ['a', 'b'] })
    await all.connect(found(50n))
    await all.read(truncated(200n))
    await all.settled()
    await all.end()
    const one = start(outside, { companies: ['a', 'b'], capture: sourceOf({ company: { kind: 'value', value: 'b' } }) })
    await one.connect(found(50n))
    await one.read(truncated(400n))
    await one.settled()
    await one.end()
    expect(resyncsOf(outside, truncated(400n))).toEqual(['b'])
  })

  it('are forgotten after they were deleted, once no event depends on their indexes', async () => {
    const outside = new Outside()
    for (const companies of [
      ['a', 'b'],
      ['b', 'c'],
    ]) {
      const process = start(outside, { companies })
      await process.connect(found(50n))
      await process.read(truncated(200n))
      await process.settled()
      await process.marks.flush()
      await process.end()
    }
    expect(outside.mark?.companies).toEqual(['b', 'c'])
  })

  it('have places of their own before the next record of the log, even when there are more than 65,536', () => {
    const companies = [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, MAX_COMPANIES - 1].map((index) => ({
      id: `c${index}`,
      index,
    }))
    const place = { lsn: 1_000n, index: 0 }
    const announcement = { reason: 'truncated', resources: ['items'], from: null } as const
    const transaction = { xid: '1', commitLsn: 2_000n, commitEndLsn: 2_001n, committedAtMs: 0 }
    const context = { producer: 'pim', epoch: 1, transaction, companies }
    const positions = [...announcedEvents([{ place, announcement }], context)].map(({ position }) => position)
    expect(positions).toEqual([...new Set(positions)].sort())
    expect(positions).toHaveLength(companies.length)
    // A record has at least its header of 24 bytes.
    const next = formatPosition({ epoch: 1, commitLsn: 2_000n, lsn: 1_024n, index: 0, side: 'departure' })
    expect((positions.at(-1) ?? '') < next).toBe(true)
    const beyond = { ...context, companies: [{ id: 'c', index: MAX_COMPANIES }] }
    expect(() => [...announcedEvents([{ place, announcement }], beyond)]).toThrow('reaches at most 1572864 companies')
  })
})

describe('a transaction of which only a part was given to the publisher', () => {
  it('is not passed by the mark when an earlier transaction comes again', async () => {
    const outside = new Outside()
    const { source, connect, read, settled, marks, end } = start(outside, { maxRecordBytes: 2_000 })
    await connect(found(50n))
    const [first] = insertInto(200n, FIRST).changes
    const [large] = insertInto(201n, FIRST).changes
    if (first?.change.op !== 'insert' || large?.change.op !== 'insert') throw new Error('no inserts')
    const after = new Map([...large.change.after, ['id', 'i'.repeat(1_000)]])
    const half = { xid: 'x300', commitLsn: 300n, changes: [first, { change: { ...large.change, after }, lsn: 201n }] }
    await read(insertInto(100n, FIRST))
    await expect(read(half)).rejects.toThrow('larger than Kafka takes')
    await source.ended()
    await connect(found(50n))
    await read(insertInto(100n, FIRST))
    await settled()
    await marks.flush()
    expect((outside.mark?.position ?? '') < at(200n)).toBe(true)
    await end()
  })
})
