import { describe, expect, it } from '@jest/globals'
import { decodeBitmap, encodeBitmap } from './position/bitmap.js'
import { accepted, down, floorOf, policy, recordOf, refused, rowOf, scene } from './scene.fixture.js'
import { step } from './step.js'

describe('a lane in flow', () => {
  it('attempts one head at a time, in order, and is done when the log has the attempt', () => {
    const s = scene()
    s.read(recordOf(1, 0), recordOf(2, 1), recordOf(1, 2, { appId: 'b' }))
    expect(s.types()).toEqual(['attempt', 'attempt'])
    s.ends(1, accepted)
    const { publishId } = s.last('publishAttempt')
    expect(s.last('attempt').record.sequence).toBe(2n)
    expect(s.session.offsets.low).toBe(0n)
    s.handle({ type: 'published', publishId })
    expect(s.session.offsets.low).toBe(1n)
  })

  it('settles nothing by an attempt that ended after the lease: a successor may have settled it otherwise', () => {
    const s = scene()
    s.read(recordOf(1, 0))
    s.types()
    s.wait(40_000)
    s.ends(1, refused)
    expect(s.types()).toEqual(['publishAttempt', 'abandon'])
    expect(s.session.offsets.low).toBe(0n)
  })

  it('waits for a near retry without a row, and for a far one only after the row is saved', () => {
    const s = scene(
      {},
      { retry: { attempts: 5, backoff: { firstMs: 1_000, factor: 30, maxMs: 60_000 }, jitter: 0, on: 'any' } },
    )
    s.read(recordOf(1, 7), recordOf(2, 8))
    s.ends(1, down)
    expect(s.types()).toEqual(['attempt', 'publishAttempt', 'wakeAt'])
    s.handle({ type: 'published', publishId: 1 })
    s.wait(1_000)
    s.handle({ type: 'tick' })
    expect(s.last('attempt').attempt).toBe(2)
    s.ends(1, down)
    expect(s.types()).toEqual(['attempt', 'publishAttempt'])
    s.handle({ type: 'published', publishId: 2 })
    const { row, saveId } = s.last('saveLane')
    expect(row).toMatchObject({ mode: 'parked', settled: 0n, floorOffset: 7n, attempt: 2, nextAttemptInMs: 30_000 })
    expect(row.firstAttemptAgoMs).toBe(1_000)
    expect(s.types()).toEqual(['saveLane'])
    s.handle({ type: 'laneSaved', appId: 'a', saveId })
    expect(s.types()).toEqual(['wakeAt'])
  })

  it('never counts an attempt that a receiver deferred', () => {
    const s = scene()
    s.read(recordOf(1, 0))
    s.ends(1, { kind: 'throttled', status: 429, retryAfterMs: 2_000 })
    s.wait(2_000)
    s.handle({ type: 'tick' })
    expect(s.last('attempt').attempt).toBe(1)
  })

  it('starts nothing that could outlive the lease, and goes on when the lease is kept', () => {
    const s = scene({ deadlineMs: 10_999 })
    s.read(recordOf(1, 0))
    expect(s.types()).toEqual([])
    s.handle({ type: 'leaseRenewed', deadlineMs: 11_000 })
    expect(s.types()).toEqual(['attempt'])
  })

  it('starts nothing while the store is down, and nothing that the executor refused', () => {
    const s = scene()
    s.handle({ type: 'storeUp', value: false })
    s.read(recordOf(1, 0))
    expect(s.types()).toEqual([])
    s.handle({ type: 'storeUp', value: true })
    expect(s.types()).toEqual(['attempt'])
    s.handle({ type: 'attemptNotStarted', appId: 'a', sequence: 1n })
    s.handle({ type: 'leaseRenewed', deadlineMs: 50_000 })
    expect(s.last('attempt').attempt).toBe(1)
  })

  it('declares numbers that never arrived as lost, and raises an alarm', () => {
    const s = scene()
    s.read(recordOf(1, 0), recordOf(4, 1))
    expect(s.last('alarm')).toMatchObject({ kind: 'hole', appId: 'a' })
    s.ends(1, accepted)
    s.handle({ type: 'published', publishId: 1 })
    s.handle({ type: 'laneSaved', appId: 'a', saveId: s.last('saveLane').saveId })
    expect(s.last('attempt')).toMatchObject({ previous: 1n, skipped: [{ sequence: 2n, to: 3n, status: 'lost' }] })
  })
})

describe('a delivery that is given up', () => {
  it('is settled when its dead letter is acknowledged, and done when the row holds its gap', () => {
    const s = scene({}, { retry: { attempts: 1, intervalMs: 1_000, jitter: 0, on: 'any' } })
    s.read(recordOf(1, 0), recordOf(2, 1))
    s.ends(1, refused)
    expect(s.types()).toEqual(['attempt', 'publishAttempt', 'publishDeadLetter'])
    s.handle({ type: 'published', publishId: 2 })
    expect(s.types()).toEqual([])
    s.handle({ type: 'published', publishId: 1 })
    const { row, saveId } = s.last('saveLane')
    expect(row).toMatchObject({ mode: 'flow', settled: 1n, floorOffset: 1n })
    expect(row.gaps).toEqual([{ sequence: 1n, id: 'msg_1', status: 'deadLettered', reason: 'http_422' }])
    expect(s.session.offsets.low).toBe(0n)
    s.handle({ type: 'laneSaved', appId: 'a', saveId })
    expect(s.session.offsets.low).toBe(1n)
    expect(s.last('attempt')).toMatchObject({ previous: 0n, skipped: row.gaps })

    // The row is deleted only when the saved position has passed the delivery that reported the gap.
    s.ends(2, accepted)
    s.handle({ type: 'saveDue' })
    s.handle({ type: 'positionSaved', saveNo: 1n, mainOffset: 1n })
    expect(s.types()).not.toContain('deleteLane')
    s.handle({ type: 'published', publishId: 3 })
    s.handle({ type: 'saveDue' })
    s.handle({ type: 'positionSaved', saveNo: 2n, mainOffset: 2n })
    expect(s.types()).toContain('deleteLane')
  })
})

describe('the detail of an attempt', () => {
  it('is the same object in its record and in its dead letter', () => {
    const s = scene()
    s.read(recordOf(1, 0))
    const once = { ...policy, retry: { ...policy.retry, attempts: 1 } }
    const detail = { request: 'as sent' }
    const ended = { type: 'attemptEnded', appId: 'a', sequence: 1n, startedMs: 0, result: refused } as const
    const effects = step(s.session, { ...ended, policy: once, jitter: 0, detail, nowMs: 1 })
    expect(effects.map((effect) => ('detail' in effect ? [effect.type, effect.detail === detail] : []))).toEqual([
      ['publishAttempt', true],
      ['publishDeadLetter', true],
    ])
  })
})

describe('a fresh owner', () => {
  const grant = (mainOffset: bigint, done: number[] = []) => ({
    token: { workerGroup: 'g', partition: 0, owner: 'o', epoch: 2n },
    mainOffset,
    done: encodeBitmap(done),
  })

  it('goes on with attempt count and instant of the row, and lets the lane flow after a success', () => {
    const s = scene({ grant: grant(50n), rows: [rowOf({})] })
    s.read(recordOf(5, 50), recordOf(6, 51))
    expect(s.last('wakeAt').atMs).toBe(8_000)
    s.wait(8_000)
    s.handle({ type: 'tick' })
    expect(s.last('attempt')).toMatchObject({ attempt: 3, previous: 4n })
    s.ends(5, accepted)
    s.handle({ type: 'published', publishId: 1 })
    const { row, saveId } = s.last('saveLane')
    expect(row).toMatchObject({ mode: 'flow', settled: 5n, floorOffset: 51n, attempt: 0, nextAttemptInMs: null })
    s.handle({ type: 'laneSaved', appId: 'a', saveId })
    expect(s.last('attempt').record.sequence).toBe(6n)
  })

  it('passes over what the position, the floor or an earlier copy settled', () => {
    const s = scene({ grant: grant(10n, [2]), rows: [floorOf({ settled: 3n, floorOffset: 20n })] })
    s.read(recordOf(3, 10), recordOf(4, 12), recordOf(5, 13), recordOf(5, 14))
    expect(s.last('attempt')).toMatchObject({ record: { sequence: 5n }, previous: 4n, backlog: 0 })
    expect(s.session.offsets.low).toBe(13n)
  })

  it('does not mistake what was settled behind an old floor for a hole', () => {
    const s = scene({ grant: grant(90n), rows: [floorOf({ settled: 3n, floorOffset: 20n })] })
    s.read(recordOf(9, 90))
    expect(s.types()).toEqual(['attempt'])
  })
})

describe('the end of a session', () => {
  it('waits for attempts and acknowledgements, saves, and only then releases', () => {
    const s = scene()
    s.read(recordOf(1, 0), recordOf(2, 1))
    s.types()
    s.handle({ type: 'stop', reason: 'revoked' })
    expect(s.types()).toEqual(['wakeAt'])
    s.ends(1, accepted)
    expect(s.types()).toEqual(['publishAttempt'])
    s.handle({ type: 'published', publishId: 1 })
    expect(s.last('savePosition')).toMatchObject({ mainOffset: 1n, saveNo: 1n })
    s.handle({ type: 'positionSaved', saveNo: 1n, mainOffset: 1n })
    expect(s.last('abandon').release).toBe(true)
    expect(step(s.session, { type: 'tick', nowMs: 0 })).toEqual([])
  })

  it('writes nothing when fenced', () => {
    const s = scene()
    s.read(recordOf(1, 0))
    s.types()
    s.handle({ type: 'fenced' })
    expect(s.last('abandon').release).toBe(false)
    s.ends(1, accepted)
    expect(s.types()).toEqual(['abandon'])
  })

  it('waits for the attempt in flight and saves nothing when a write may or may not have landed', () => {
    const s = scene()
    s.read(recordOf(1, 0))
    s.handle({ type: 'ambiguous' })
    s.handle({ type: 'saveDue' })
    expect(s.types()).toEqual(['attempt'])
    s.ends(1, accepted)
    expect(s.types()).toEqual(['publishAttempt', 'abandon'])
  })

  it('comes when its lease lapsed unnoticed', () => {
    const s = scene()
    s.wait(40_000)
    s.handle({ type: 'saveDue' })
    expect(s.types()).toEqual(['abandon'])
  })
})

describe('reading', () => {
  it('pauses when too many offsets are open, and goes on when most are done', () => {
    const s = scene()
    s.read(...Array.from({ length: 10 }, (_, i) => recordOf(i + 1, i)))
    expect(s.types()).toEqual(['attempt', 'pauseReading'])
    for (let i = 1; i <= 3; i++) {
      s.ends(i, accepted)
      s.handle({ type: 'published', publishId: i })
    }
    expect(s.types().at(-1)).toBe('resumeReading')
  })

  it('saves the done offsets above a slow head', () => {
    const s = scene()
    s.read(recordOf(1, 0), recordOf(1, 3, { appId: 'b' }))
    s.ends(1, accepted, 'b')
    s.handle({ type: 'published', publishId: 1 })
    s.handle({ type: 'saveDue' })
    const { mainOffset, done } = s.last('savePosition')
    expect([mainOffset, decodeBitmap(done)]).toEqual([0n, [1, 2, 3]])
  })
})

describe('a reply that no lane waits for', () => {
  it('throws in tests', () => {
    expect(() => scene().handle({ type: 'published', publishId: 9 })).toThrow('illegal input')
  })

  it('is reported and changes nothing in production', () => {
    const s = scene({ settings: { marginMs: 0, inlineWindowMs: 0, spreadMax: 10n } })
    s.handle({ type: 'laneSaved', appId: 'a', saveId: 9 })
    expect(s.last('alarm').kind).toBe('illegalInput')
  })
})
