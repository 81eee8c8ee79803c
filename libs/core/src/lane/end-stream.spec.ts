import { describe, expect, it } from '@jest/globals'
import { accepted, down, endOf, floorOf, recordOf, rowOf, scene } from './scene.fixture.js'

describe('the end of a stream', () => {
  it('is recorded when everything before it is settled and published, and is done then', () => {
    const s = scene()
    s.read(recordOf(1, 0), recordOf(2, 1), endOf(2, 2))
    s.ends(1, accepted)
    s.delete(1)
    s.ends(2, accepted)
    expect(s.types().filter((type) => type === 'saveLane')).toEqual([])
    s.land()
    const { row, endedEpoch } = s.last('saveLane')
    expect([endedEpoch, row.mode, row.settled, row.gaps, row.floorOffset]).toEqual([1, 'flow', 2n, [], 3n])
    expect(s.session.offsets.low).toBe(2n)
    s.land()
    expect(s.session.offsets.low).toBe(3n)
  })

  it('settles a head that waits for its next attempt, however far that is', () => {
    const s = scene({ rows: [rowOf({ nextAttemptInMs: 3_600_000 })] })
    s.read(recordOf(5, 50), recordOf(6, 51), endOf(6, 52))
    expect(s.types()).toEqual(['wakeAt'])
    s.delete(1)
    for (let i = 0; i < 4; i++) s.land()
    expect(s.last('saveLane')).toMatchObject({ endedEpoch: 1, row: { settled: 6n, gaps: [] } })
    expect(s.session.offsets.low).toBe(53n)
  })

  it.each(['any', 'transient'] as const)(
    'settles a head that fails after the app was deleted (with retry on %s)',
    (on) => {
      const retry = { attempts: 3, intervalMs: 3_600_000, jitter: 0, on }
      const s = scene({}, { retry })
      s.read(recordOf(1, 0), recordOf(2, 1), endOf(2, 2))
      s.delete(1)
      s.ends(1, down)
      expect(s.types()).not.toContain('wakeAt')
      for (let i = 0; i < 6; i++) s.land()
      expect(s.last('saveLane')).toMatchObject({ endedEpoch: 1, row: { settled: 2n } })
      expect(s.session.offsets.low).toBe(3n)
    },
  )

  it('does not hurry an app that was created again', () => {
    const s = scene({ rows: [rowOf({})] })
    s.read(recordOf(5, 50, { streamEpoch: 2 }))
    s.delete(1)
    expect(s.types()).toEqual(['wakeAt'])
  })

  it('drops the gaps of the last numbers: an app that is created again gets no report of them', () => {
    const s = scene()
    s.delete(1)
    s.read(recordOf(1, 0), recordOf(2, 1), endOf(2, 2), recordOf(3, 3, { streamEpoch: 2 }))
    for (let i = 0; i < 4; i++) s.land()
    expect(s.last('attempt')).toMatchObject({ previous: 2n, skipped: [], record: { sequence: 3n } })
  })

  it('holds the next request back until it is recorded', () => {
    const s = scene()
    s.delete(1)
    s.read(recordOf(1, 0), endOf(1, 1), recordOf(2, 2, { streamEpoch: 2 }))
    s.land()
    expect(s.last('saveLane').endedEpoch).toBe(1)
    expect(s.types()).not.toContain('attempt')
    s.land()
    expect(s.types()).toEqual(['attempt'])
  })

  it('is no hole when the numbers in between went to another worker group', () => {
    const s = scene()
    s.read(endOf(3, 0), recordOf(9, 1, { streamEpoch: 3 }))
    s.land()
    expect(s.last('attempt')).toMatchObject({ previous: 8n, skipped: [] })
    expect(s.types()).not.toContain('alarm')
    s.ends(9, down)
    s.land()
    expect(s.last('saveLane').row.settled).toBe(8n)
  })

  it('raises an alarm when numbers before it never came', () => {
    const s = scene()
    s.delete(1)
    s.read(recordOf(1, 0), endOf(4, 1))
    expect(s.last('alarm').detail).toMatch('sequences 2 to 4 never arrived')
    for (let i = 0; i < 3; i++) s.land()
    expect(s.last('saveLane')).toMatchObject({ endedEpoch: 1, row: { settled: 4n } })
  })

  it('that is read again is settled again, and nothing else is', () => {
    const floor = floorOf({ settled: 7n, floorOffset: 20n })
    const s = scene({ rows: [floor] })
    s.read(recordOf(4, 10), endOf(4, 11), recordOf(7, 12, { streamEpoch: 2 }), endOf(7, 13, 2))
    expect(s.last('saveLane').endedEpoch).toBe(2)
    s.land()
    expect(s.session.offsets.low).toBe(14n)
    expect(s.types()).not.toContain('attempt')
  })
})
