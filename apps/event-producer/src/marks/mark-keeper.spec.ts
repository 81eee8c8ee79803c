import { describe, expect, it } from '@jest/globals'
import type { CaptureGaps, CaptureMark, ReadCaptureMark } from '@hooklane/postgres'
import { MarkKeeper, type MarkedPlace, type MarkStore, type SourceNotes } from './mark-keeper.js'

const NOTES: SourceNotes = {
  tables: new Map([['public.item', 1]]),
  log: { systemIdentifier: '7', timeline: 1 },
  configuration: { form: 1 },
  catalogue: {},
  announcements: [],
  companies: [],
}
const AT_0 = new Map([[0, 0n]])
const AT_5 = new Map([[0, 5n]])

const start = (at: MarkedPlace, enqueued = '', settledLsn = 1n) => ({ place: at, settledLsn, notes: NOTES, enqueued })

const markOf = (at: MarkedPlace, offsets: ReadonlyMap<number, bigint>, settledLsn = 1n): CaptureMark => ({
  ...at,
  ...NOTES,
  offsets,
  settledLsn,
})

const place = (position: string, xid: string | null = `x${position}`) => ({ position, xid })

/** A keeper whose store, topic and publisher are played by the test. */
function keeper(stored: ReadCaptureMark | null = null) {
  /** What the row held after each save. */
  const saved: CaptureMark[] = []
  const closed: (readonly string[])[] = []
  const sentLarge: unknown[] = []
  const failures: unknown[] = []
  const noted: CaptureGaps[] = []
  const notedFor: (string | null)[] = []
  /** What the keeper has scheduled and not cancelled. */
  const scheduled = new Set<() => void>()
  const world = { isAway: false, offsets: AT_5 as ReadonlyMap<number, bigint>, beforeAnswer: (): void => undefined }
  const store: MarkStore = {
    read: () => (world.isAway ? Promise.reject(new Error('away')) : Promise.resolve(stored)),
    claim: (_producer, owner, position) =>
      world.isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve(
            stored ?? {
              owner,
              ...NOTES,
              ...place(position, null),
              offsets: new Map(),
              settledLsn: null,
              gaps: new Map(),
            },
          ),
    save: (_producer, _owner, { closedGaps = [], catalogue, companies, ...mark }) => {
      if (world.isAway) return Promise.reject(new Error('away'))
      const before = saved.at(-1) ?? NOTES
      saved.push({ ...mark, catalogue: catalogue ?? before.catalogue, companies: companies ?? before.companies })
      closed.push(closedGaps)
      sentLarge.push([catalogue, companies])
      return Promise.resolve()
    },
    noteGaps: (_producer, owner, { gaps }) => {
      if (world.isAway) return Promise.reject(new Error('away'))
      noted.push(gaps)
      notedFor.push(owner)
      return Promise.resolve()
    },
  }
  const marks = new MarkKeeper({
    producer: 'pim',
    timers: {
      after: (_, run) => {
        scheduled.add(run)
        return () => scheduled.delete(run)
      },
    },
    store,
    endOffsets: () => {
      world.beforeAnswer()
      return Promise.resolve(world.offsets)
    },
    onFailure: (error) => failures.push(error),
  })
  return { marks, notedFor, saved, failures, noted, world, closed, sentLarge, scheduled }
}

describe('the mark of a producer', () => {
  it('is saved before anything is read, and is not written again while nothing changes', async () => {
    const { marks, saved } = keeper()
    await marks.read()
    await marks.begin(start(place('1', null)))
    await marks.begin(start(place('1', null)))
    await marks.follow()
    expect(saved).toEqual([markOf(place('1', null), new Map()), markOf(place('1', null), AT_5)])
    await marks.stop()
  })

  it('is saved regularly, until the keeper is stopped', async () => {
    const { marks, saved, scheduled } = keeper()
    await marks.read()
    await marks.begin(start(place('1', null)))
    expect(saved.length).toBe(1)
    for (const run of [...scheduled]) run()
    await new Promise(setImmediate)
    expect(saved.length).toBe(2)
    await marks.stop()
    expect(scheduled.size).toBe(0)
  })

  it('advances to what is durable, with its transaction, never to what is only enqueued', async () => {
    const { marks, saved } = keeper()
    await marks.begin(start(place('1', null)))
    marks.noteEnqueued('2')
    await marks.follow()
    expect(saved).toHaveLength(1)
    marks.settle(place('2'))
    marks.noteEnqueued('3')
    await marks.follow()
    expect(saved.at(-1)).toMatchObject(place('2'))
    await marks.stop()
  })

  it('adopts offsets once everything that was enqueued when they were read is durable, and keeps the older ones until then', async () => {
    const { marks, saved, world } = keeper({ ...markOf(place('1'), AT_0), gaps: new Map(), owner: 'o' })
    await marks.read()
    await marks.begin(start(place('1')))
    marks.noteEnqueued('2')
    marks.settle(place('2'))
    // Of a large transaction, whose first events are in Kafka; the mark moves at its commit.
    world.beforeAnswer = () => marks.noteEnqueued('4')
    await marks.follow()
    expect(saved.at(-1)).toEqual(markOf(place('2'), AT_0))
    world.beforeAnswer = () => undefined
    world.offsets = new Map([[0, 9n]])
    marks.settle(place('3'))
    await marks.follow()
    expect(saved.at(-1)).toEqual(markOf(place('3'), AT_0))
    marks.settle(place('4'))
    await marks.stop()
    expect(saved.at(-1)).toEqual(markOf(place('4'), AT_5))
  })

  it('adopts no offsets behind events that an earlier process has left behind the mark', async () => {
    const { marks, saved } = keeper({ ...markOf(place('1'), AT_0), gaps: new Map(), owner: 'o' })
    await marks.read()
    await marks.begin(start(place('1'), '3'))
    marks.noteEnqueued('2')
    marks.settle(place('2'))
    await marks.follow()
    expect(saved.at(-1)).toEqual(markOf(place('2'), AT_0))
    marks.noteEnqueued('3')
    marks.settle(place('3'))
    await marks.follow()
    expect(saved.at(-1)).toEqual(markOf(place('3'), AT_5))
    await marks.stop()
  })

  it('stays where it is while its database is away, and advances afterwards', async () => {
    const { marks, saved, failures, world } = keeper()
    await marks.begin(start(place('1')))
    marks.noteEnqueued('2')
    marks.settle(place('2'))
    world.isAway = true
    await marks.follow()
    expect(failures).toHaveLength(1)
    world.isAway = false
    await marks.follow()
    expect(saved.map((mark) => mark.position)).toEqual(['1', '2'])
    await marks.stop()
  })

  it('is read again for every connection, and taken from memory while its database is away', async () => {
    const stored = { ...markOf(place('1'), AT_0), gaps: new Map(), owner: 'o' }
    const { marks, world } = keeper(stored)
    world.isAway = true
    await expect(marks.read()).rejects.toThrow('away')
    world.isAway = false
    expect(await marks.read()).toEqual(stored)
    world.isAway = true
    expect(await marks.read()).toEqual(stored)
    await marks.stop()
  })

  it('saves the catalogue and the companies once, and again when another process may have saved it meanwhile', async () => {
    const { marks, saved, sentLarge } = keeper()
    const catalogue = { members: {} }
    const companies = ['cmp_a']
    const begun = { ...start(place('1')), notes: { ...NOTES, catalogue, companies } }
    await marks.claim('1')
    await marks.begin(begun)
    marks.settle(place('2'))
    await marks.follow()
    await marks.claim('1')
    marks.settle(place('3'))
    await marks.follow()
    const both = [catalogue, companies]
    expect(sentLarge).toEqual([both, [null, null], both])
    expect(saved.map((mark) => [mark.catalogue, mark.companies])).toEqual([both, both, both])
    await marks.stop()
  })

  it('closes gaps with the save that begins it, and with no other', async () => {
    const { marks, closed } = keeper()
    await marks.begin(start(place('1')))
    await marks.begin({ ...start(place('1')), closedGaps: ['public.item'] })
    marks.settle(place('2'))
    await marks.follow()
    expect(closed).toEqual([[], ['public.item'], []])
    await marks.stop()
  })

  it('does not forget what is missing while its database is away', async () => {
    const stored = { ...markOf(place('1'), AT_0), gaps: new Map(), owner: 'o' }
    const { marks, world, noted, notedFor } = keeper(stored)
    await marks.read()
    const gaps = new Map([['public.item', { code: 'SLOT_LOST', reason: 'gone' }]])
    const others = new Map([['public.brand', { code: 'CHANGES_MISSING', reason: 'taken out', id: 'gap-1a2b3c4d' }]])
    world.isAway = true
    await marks.noteGaps(others, '0001')
    await marks.noteGaps(gaps, '0001')
    expect((await marks.read())?.gaps).toEqual(new Map([...others, ...gaps]))
    expect(noted).toEqual([])
    world.isAway = false
    await marks.read()
    expect(noted).toEqual([new Map([...others, ...gaps])])
    expect(notedFor).toEqual(['o'])
    await marks.stop()
  })
})
