import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { LineLimiter } from './line-limiter.js'

describe('log lines', () => {
  it('of one kind come at once, and then once in a while with the number left out', () => {
    const limiter = new LineLimiter({ everyMs: 1_000 })
    const admitted = [0, 1, 999, 1_000, 1_001, 2_500].map((nowMs) => limiter.admit('a', nowMs))
    expect(admitted).toEqual([0, null, null, 2, null, 1])
  })

  it('of different kinds do not wait for each other', () => {
    const limiter = new LineLimiter({ everyMs: 1_000 })
    expect(['a', 'b', 'a', 'b'].map((kind) => limiter.admit(kind, 5))).toEqual([0, 0, null, null])
  })

  it('of kinds without end are as few as those of the kinds that there is room for, and one in a while for the rest', () => {
    const limiter = new LineLimiter({ everyMs: 1_000, maxKinds: 10 })
    const admitted = Array.from({ length: 5_000 }, (_, ms) => limiter.admit(`kind ${ms}`, ms))
    const written = admitted.filter((leftOut) => leftOut !== null)
    expect(written.length).toBeLessThanOrEqual(5 * 11)
    expect(written.length + written.reduce((sum, leftOut) => sum + leftOut, 0)).toBeGreaterThan(4_000)
  })

  it('are all accounted for, and never closer than the limit', () => {
    const steps = fc.array(fc.record({ kind: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat({ max: 400 }) }), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(steps, (lines) => {
        const limiter = new LineLimiter({ everyMs: 1_000 })
        let nowMs = 0
        const last = new Map<string, number>()
        const pending = new Map<string, number>()
        for (const { kind, afterMs } of lines) {
          nowMs += afterMs
          const leftOut = limiter.admit(kind, nowMs)
          if (leftOut === null) pending.set(kind, (pending.get(kind) ?? 0) + 1)
          else {
            expect(leftOut).toBe(pending.get(kind) ?? 0)
            expect(nowMs - (last.get(kind) ?? -Infinity)).toBeGreaterThanOrEqual(1_000)
            pending.set(kind, 0)
            last.set(kind, nowMs)
          }
        }
      }),
    )
  })
})
