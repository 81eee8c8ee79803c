import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { endOfTransaction } from '@hooklane/core/capture'
import {
  CaptureMarks,
  CaptureMarksInaccessible,
  CaptureMarkTaken,
  createPool,
  type CaptureGap,
  type CaptureMark,
  type PgPool,
} from '@hooklane/postgres'
import { createTestDatabase, type TestDatabase } from './test-database.js'

const at = (epoch: number, commitLsn: number): string => endOfTransaction(epoch, BigInt(commitLsn))

const mark = (position: string, more: Partial<CaptureMark> = {}): CaptureMark => ({
  position,
  xid: '700',
  offsets: new Map([[0, 7n]]),
  tables: new Map([['public.item', 16_400]]),
  log: { systemIdentifier: '7301234567890123456', timeline: 3 },
  settledLsn: 0x1_0000_00f8n,
  configuration: { form: 1, tables: [{ table: 'item' }] },
  catalogue: { partitions: { 'public.item': [] } },
  announcements: [{ id: 'a1', reason: 'detached', resources: ['items'], from: null }],
  companies: ['cmp_b', 'cmp_a'],
  ...more,
})

const gap = (reason: string) => ({ code: 'SLOT_LOST', reason })

describe('capture marks', () => {
  let database: TestDatabase
  let pool: PgPool
  let marks: CaptureMarks
  const owner = randomUUID()

  /** Saved by a process that has claimed it. */
  const save = async (producer: string, saved: CaptureMark, store = marks): Promise<void> => {
    await store.claim(producer, owner, saved.position)
    await store.save(producer, owner, saved)
  }

  /** Noted by it. @param gaps table → why */
  const note = (producer: string, gaps: Record<string, CaptureGap>, finder: string | null = owner): Promise<void> =>
    marks.noteGaps(producer, finder, { epoch: '0001', gaps: new Map(Object.entries(gaps)) })

  beforeAll(async () => {
    database = await createTestDatabase('marks')
    pool = createPool({ url: database.url, role: 'hooklane_producer', maxConnections: 2 })
    marks = new CaptureMarks(pool, 'events')
  })
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  it('are kept as they were saved, by the role of the event-producer', async () => {
    expect(await marks.read('kept')).toBeNull()
    const offsets = new Map([
      [0, 12n],
      [11, 9_007_199_254_740_993n],
    ])
    await save('kept', mark(at(1, 10), { offsets }))
    expect(await marks.read('kept')).toEqual({ ...mark(at(1, 10), { offsets }), owner, gaps: new Map() })
  })

  it('of another topic are others: another TOPIC_PREFIX starts over', async () => {
    await save('here', mark(at(1, 10)))
    const elsewhere = new CaptureMarks(pool, 'other.events')
    expect(await elsewhere.read('here')).toBeNull()
    await save('here', mark(at(1, 5), { xid: null }), elsewhere)
    expect(await elsewhere.read('here')).toMatchObject(mark(at(1, 5), { xid: null }))
    expect(await marks.read('here')).toMatchObject(mark(at(1, 10)))
  })

  it('never go back, not in position and not in epoch', async () => {
    await save('ahead', mark(at(2, 10)))
    await expect(save('ahead', mark(at(2, 9), { tables: new Map() }))).rejects.toThrow(CaptureMarkTaken)
    await expect(save('ahead', mark(at(1, 99), { tables: new Map() }))).rejects.toThrow(CaptureMarkTaken)
    expect(await marks.read('ahead')).toMatchObject(mark(at(2, 10)))
  })

  it('are saved by the process that claimed them last, and by no other', async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    expect(await marks.claim('fenced', first, at(1, 10))).toMatchObject({
      position: at(1, 10),
      log: null,
      settledLsn: null,
    })
    await marks.save('fenced', first, mark(at(1, 11)))
    expect(await marks.claim('fenced', second, at(1, 99))).toMatchObject(mark(at(1, 11)))
    await expect(marks.save('fenced', first, mark(at(1, 12)))).rejects.toThrow(CaptureMarkTaken)
    await marks.save('fenced', second, mark(at(1, 11), { settledLsn: 1n }))
    expect(await marks.read('fenced')).toMatchObject(mark(at(1, 11), { settledLsn: 1n }))
  })

  it('note what is missing until the epoch is raised, and what was noted first stays', async () => {
    await save('gap', mark(at(1, 10)))
    await note('gap', { 'public.item': gap('first') })
    await note('gap', { 'public.item': gap('second'), 'public.brand': gap('third') })
    await save('gap', mark(at(1, 11)))
    const gaps = async () => [...((await marks.read('gap'))?.gaps ?? [])].sort()
    expect(await gaps()).toEqual([
      ['public.brand', gap('third')],
      ['public.item', gap('first')],
    ])
    await save('gap', mark(at(2, 1)))
    await note('gap', { 'public.item': gap('of a process that is late') })
    expect(await gaps()).toEqual([])
  })

  it('note nothing for a process that found it before another one claimed the mark', async () => {
    await save('frozen', mark(at(1, 10)))
    await marks.claim('frozen', randomUUID(), at(1, 10))
    await note('frozen', { 'public.item': gap('found before') })
    expect((await marks.read('frozen'))?.gaps).toEqual(new Map())
  })

  it('note over what a person may accept what nobody may, and never the other way', async () => {
    const accepted: CaptureGap = { code: 'CHANGES_MISSING', reason: 'taken out', id: 'gap-1a2b3c4d' }
    const final: CaptureGap = { code: 'SLOT_LOST', reason: 'the slot is gone' }
    await save('severe', mark(at(1, 10)))
    for (const one of [accepted, { ...accepted, id: 'gap-00000000' }]) await note('severe', { 'public.item': one })
    expect((await marks.read('severe'))?.gaps).toEqual(new Map([['public.item', accepted]]))
    for (const one of [final, accepted]) await note('severe', { 'public.item': one })
    expect((await marks.read('severe'))?.gaps).toEqual(new Map([['public.item', final]]))
  })

  it('are saved without what the catalogue said when that is as it was, and close the gaps that they name', async () => {
    await save('closing', mark(at(1, 10)))
    const gaps = new Map<string, CaptureGap>([
      ['public.item', { code: 'CHANGES_MISSING', reason: 'taken out', id: 'gap-1a2b3c4d' }],
      ['public.brand', gap('other')],
    ])
    await note('closing', Object.fromEntries(gaps))
    expect((await marks.read('closing'))?.gaps).toEqual(gaps)
    await marks.save('closing', owner, {
      ...mark(at(1, 11)),
      catalogue: null,
      closedGaps: ['public.item', 'public.no'],
    })
    expect(await marks.read('closing')).toEqual({
      ...mark(at(1, 11)),
      owner,
      gaps: new Map([['public.brand', gap('other')]]),
    })
  })

  it('that a login may not use say what to do', async () => {
    const stranger = createPool({ url: database.url, role: 'hooklane_recorder', maxConnections: 1 })
    try {
      const refusal = await new CaptureMarks(stranger, 'events').read('kept').catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(CaptureMarksInaccessible)
      expect((refusal as Error).message).toContain('run the migrations again as the owner of the schema hooklane')
    } finally {
      await stranger.end()
    }
  })
})
