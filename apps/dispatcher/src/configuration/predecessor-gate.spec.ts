import { describe, expect, it } from '@jest/globals'
import type { OpenStream, RecordRef } from '@hooklane/core/lane'
import * as testing from '@hooklane/testing'
import { systemClock } from '@hooklane/runtime'
import { PredecessorGate } from './predecessor-gate.js'

const eventually = (check: () => void) => testing.eventually(check, { withinMs: 30_000 })
const head = (streamEpoch: number, appId = 'app_1') => ({ appId, streamEpoch }) as RecordRef
const inOldGroup: OpenStream = { appId: 'app_1', epoch: 1, workerGroup: 'old' }

/** A gate with a database that the test fills and a clock that the test sets. */
function gateBefore(...open: OpenStream[]) {
  const seen = { questions: [] as string[][], opened: 0, overdue: [] as OpenStream[], failures: 0 }
  const database = { open, isAway: false, nowMs: 0 }
  const gate = new PredecessorGate({
    clock: { ...systemClock, monotonicMs: () => database.nowMs },
    openStreams: (appIds) => {
      seen.questions.push([...appIds])
      return database.isAway ? Promise.reject(new Error('away')) : Promise.resolve(database.open)
    },
    onOpened: () => (seen.opened += 1),
    onOverdue: (stream) => seen.overdue.push(stream),
    onFailure: () => (seen.failures += 1),
  })
  return { gate, seen, database }
}

describe('PredecessorGate', () => {
  it('does not ask the database about an app that was never deleted', () => {
    const { gate, seen } = gateBefore(inOldGroup)
    expect(gate.isOpen(head(1), 'new')).toBe(true)
    expect(seen.questions).toEqual([])
  })

  it('holds an app back until its predecessor’s stream in another group is settled, and does not ask again after that', async () => {
    const { gate, seen, database } = gateBefore(inOldGroup)
    expect(gate.isOpen(head(2), 'new')).toBe(false)
    await eventually(() => expect(seen.opened).toBeGreaterThan(0))
    expect(gate.isOpen(head(2), 'new')).toBe(false)
    database.open = []
    await eventually(() => expect(gate.isOpen(head(2), 'new')).toBe(true))
    const { length } = seen.questions
    expect(gate.isOpen(head(2), 'new')).toBe(true)
    expect(seen.questions).toHaveLength(length)
    expect(gate.isOpen(head(3), 'new')).toBe(false)
  })

  it.each<[string, OpenStream]>([
    ['in the same group, whose lane has both', { ...inOldGroup, workerGroup: 'new' }],
    ['of the epoch itself: the app was deleted again', { ...inOldGroup, epoch: 2 }],
    ['of another app', { ...inOldGroup, appId: 'app_2' }],
  ])('is not closed by a stream %s', async (_, open) => {
    const { gate } = gateBefore(open)
    await eventually(() => expect(gate.isOpen(head(2), 'new')).toBe(true))
  })

  it('stays closed while the database is away, and asks again', async () => {
    const { gate, seen, database } = gateBefore()
    database.isAway = true
    expect(gate.isOpen(head(2), 'new')).toBe(false)
    await eventually(() => expect(seen.failures).toBeGreaterThan(1))
    expect(gate.isOpen(head(2), 'new')).toBe(false)
    database.isAway = false
    await eventually(() => expect(gate.isOpen(head(2), 'new')).toBe(true))
  })

  it('reports an app that waits for minutes, and not at every question', async () => {
    const { gate, seen, database } = gateBefore(inOldGroup)
    expect(gate.isOpen(head(2), 'new')).toBe(false)
    await eventually(() => expect(seen.opened).toBeGreaterThan(0))
    expect(seen.overdue).toEqual([])
    database.nowMs = 300_000
    await eventually(() => expect(seen.overdue).toEqual([inOldGroup]))
    const { opened } = seen
    await eventually(() => expect(seen.opened).toBeGreaterThan(opened + 1))
    expect(seen.overdue).toEqual([inOldGroup])
    database.open = []
    await eventually(() => expect(gate.isOpen(head(2), 'new')).toBe(true))
  })
})
