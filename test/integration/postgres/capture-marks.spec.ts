import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CaptureMarks, CaptureMarksClosed, createPool, type CaptureMark, type PgPool } from '@hooklane/postgres'
import { createTestDatabase, type TestDatabase } from './test-database.js'

const at = (epoch: number, lsn: number): string =>
  `000${epoch}-${lsn.toString(16).toUpperCase().padStart(16, '0')}-00000000`

const mark = (position: string, more: Partial<CaptureMark> = {}): CaptureMark => ({
  position,
  xid: '700',
  offsets: new Map([[0, 7n]]),
  tables: new Map([['public.item', 16_400]]),
  ...more,
})

const gap = (reason: string) => ({ code: 'SLOT_LOST', reason })

describe('capture marks', () => {
  let database: TestDatabase
  let pool: PgPool
  let marks: CaptureMarks

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
    await marks.save('kept', mark(at(1, 10), { offsets }))
    expect(await marks.read('kept')).toEqual({ ...mark(at(1, 10), { offsets }), gaps: new Map() })
  })

  it('of another topic are others: another TOPIC_PREFIX starts over', async () => {
    await marks.save('here', mark(at(1, 10)))
    const elsewhere = new CaptureMarks(pool, 'other.events')
    expect(await elsewhere.read('here')).toBeNull()
    await elsewhere.save('here', mark(at(1, 5), { xid: null }))
    expect(await elsewhere.read('here')).toMatchObject(mark(at(1, 5), { xid: null }))
    expect(await marks.read('here')).toMatchObject(mark(at(1, 10)))
  })

  it('never go back, not in position and not in epoch', async () => {
    await marks.save('ahead', mark(at(2, 10)))
    await marks.save('ahead', mark(at(2, 9), { tables: new Map() }))
    await marks.save('ahead', mark(at(1, 99), { tables: new Map() }))
    expect(await marks.read('ahead')).toMatchObject(mark(at(2, 10)))
  })

  it('note what is missing until the epoch is raised, and what was noted first stays', async () => {
    await marks.save('gap', mark(at(1, 10)))
    await marks.noteGaps('gap', '0001', new Map([['public.item', gap('first')]]))
    await marks.noteGaps(
      'gap',
      '0001',
      new Map([
        ['public.item', gap('second')],
        ['public.brand', gap('third')],
      ]),
    )
    await marks.save('gap', mark(at(1, 11)))
    const gaps = async () => [...((await marks.read('gap'))?.gaps ?? [])].sort()
    expect(await gaps()).toEqual([
      ['public.brand', gap('third')],
      ['public.item', gap('first')],
    ])
    await marks.save('gap', mark(at(2, 1)))
    await marks.noteGaps('gap', '0001', new Map([['public.item', gap('of a process that is late')]]))
    expect(await gaps()).toEqual([])
  })

  it('that a login may not use say what to do', async () => {
    const stranger = createPool({ url: database.url, role: 'hooklane_recorder', maxConnections: 1 })
    try {
      const refusal = await new CaptureMarks(stranger, 'events').read('kept').catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(CaptureMarksClosed)
      expect((refusal as Error).message).toContain('run the migrations again as the owner of the schema hooklane')
    } finally {
      await stranger.end()
    }
  })
})
