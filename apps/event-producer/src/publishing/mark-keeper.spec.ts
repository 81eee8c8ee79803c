import { describe, expect, it } from '@jest/globals'
import type { CaptureMark, ReadCaptureMark } from '@hooklane/postgres'
import { MarkKeeper, type MarkStore } from './mark-keeper.js'

const TABLES = new Map([['public.item', 1]])
const AT_0 = new Map([[0, 0n]])
const AT_5 = new Map([[0, 5n]])

/** A keeper whose store, topic and publisher the test plays. */
function keeper(stored: ReadCaptureMark | null = null) {
  const saved: CaptureMark[] = []
  const failures: unknown[] = []
  const waiting: (() => void)[] = []
  const world = { isAway: false, offsets: AT_5 as ReadonlyMap<number, bigint>, beforeAnswer: (): void => undefined }
  const store: MarkStore = {
    read: () => (world.isAway ? Promise.reject(new Error('away')) : Promise.resolve(stored)),
    save: (_producer, mark) => {
      if (world.isAway) return Promise.reject(new Error('away'))
      saved.push(mark)
      return Promise.resolve()
    },
    noteGaps: () => Promise.resolve(),
  }
  const marks = new MarkKeeper({
    producer: 'pim',
    store,
    endOffsets: () => {
      world.beforeAnswer()
      return Promise.resolve(world.offsets)
    },
    whenDurable: (onDurable) => waiting.push(onDurable),
    onFailure: (error) => failures.push(error),
  })
  const settleAll = async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    for (const settle of waiting.splice(0)) settle()
  }
  return { marks, saved, failures, world, settleAll }
}

describe('the mark of a producer', () => {
  it('stands before anything is read, and is not written again while nothing changes', async () => {
    const { marks, saved } = keeper()
    await marks.read()
    await marks.begin('1', TABLES)
    await marks.begin('1', TABLES)
    await marks.follow()
    expect(saved).toEqual([{ position: '1', offsets: new Map(), tables: TABLES }])
    await marks.stop()
  })

  it('follows what is durable, never what is only handed on', async () => {
    const { marks, saved, settleAll } = keeper()
    await marks.begin('1', TABLES)
    marks.handOn('2')
    marks.settle('2')
    marks.handOn('3')
    const following = marks.follow()
    expect(saved).toHaveLength(1)
    await settleAll()
    await following
    expect(saved.at(-1)).toEqual({ position: '2', offsets: AT_5, tables: TABLES })
    await marks.stop()
  })

  it('takes offsets only when everything that was handed on before their answer is durable', async () => {
    const { marks, saved, settleAll, world } = keeper({ position: '1', offsets: AT_0, tables: TABLES, gaps: new Map() })
    await marks.read()
    await marks.begin('1', TABLES)
    marks.handOn('2')
    world.beforeAnswer = () => marks.handOn('3')
    const following = marks.follow()
    await Promise.resolve()
    marks.settle('2')
    // The end of the process comes before the rest is durable: the later position goes with the older offsets.
    await marks.stop()
    expect(saved.at(-1)).toEqual({ position: '2', offsets: AT_0, tables: TABLES })
    await settleAll()
    await following
  })

  it('stays where it is while its database is away, and follows afterwards', async () => {
    const { marks, saved, failures, world, settleAll } = keeper()
    await marks.begin('1', TABLES)
    marks.handOn('2')
    marks.settle('2')
    world.isAway = true
    const first = marks.follow()
    await settleAll()
    await first
    expect(failures).toHaveLength(1)
    world.isAway = false
    const second = marks.follow()
    await settleAll()
    await second
    expect(saved.map((mark) => mark.position)).toEqual(['1', '2'])
    await marks.stop()
  })

  it('is read anew for every connection, and taken from memory while its database is away', async () => {
    const stored = { position: '1', offsets: AT_0, tables: TABLES, gaps: new Map<string, string>() }
    const { marks, world } = keeper(stored)
    world.isAway = true
    await expect(marks.read()).rejects.toThrow('away')
    world.isAway = false
    expect(await marks.read()).toEqual(stored)
    world.isAway = true
    expect(await marks.read()).toEqual(stored)
    await marks.stop()
  })
})
