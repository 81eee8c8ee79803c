import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Backoff, PositionBackoff } from './backoff.js'

const LIMITS = { firstMs: 100, maxMs: 1_000 }

describe('a back-off', () => {
  it('doubles up to its longest pause, for as long as nothing succeeds', () => {
    const backoff = new Backoff(LIMITS)
    expect(Array.from({ length: 6 }, () => backoff.failed())).toEqual([100, 200, 400, 800, 1_000, 1_000])
    expect(Array.from({ length: 5_000 }, () => backoff.failed()).at(-1)).toBe(1_000)
    backoff.succeeded()
    expect(backoff.failed()).toBe(100)
  })
})

describe('a back-off with a place', () => {
  it('goes on growing while only what lies before the place is done again', () => {
    const backoff = new PositionBackoff(LIMITS)
    const pauses = Array.from({ length: 5 }, () => {
      backoff.reached(10n)
      backoff.reached(20n)
      return backoff.failed(20n)
    })
    expect(pauses).toEqual([100, 200, 400, 800, 1_000])
  })

  it('ends with progress past the place', () => {
    const backoff = new PositionBackoff(LIMITS)
    backoff.failed(20n)
    expect(backoff.reached(20n)).toBe(false)
    expect(backoff.reached(21n)).toBe(true)
    expect([backoff.failedAt, backoff.failed(30n)]).toEqual([null, 100])
  })

  it('keeps the furthest place when an earlier one fails meanwhile', () => {
    const backoff = new PositionBackoff(LIMITS)
    backoff.failed(20n)
    backoff.failed(5n)
    expect(backoff.reached(20n)).toBe(false)
    expect(backoff.failedAt).toBe(20n)
  })

  it('is over when the place is gone', () => {
    const backoff = new PositionBackoff(LIMITS)
    backoff.failed(20n)
    backoff.forget()
    expect([backoff.failedAt, backoff.failed(1n)]).toEqual([null, 100])
  })

  it('waits twice as long, up to the longest, after each failure since the last progress past all that failed', () => {
    const steps = fc.array(fc.record({ isFailure: fc.boolean(), place: fc.bigInt({ min: 0n, max: 9n }) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(steps, (wanted) => {
        const backoff = new PositionBackoff(LIMITS)
        let failed: bigint[] = []
        for (const { isFailure, place } of wanted) {
          if (isFailure) {
            failed.push(place)
            expect(backoff.failed(place)).toBe(Math.min(100 * 2 ** (failed.length - 1), 1_000))
          } else {
            const isPassed = failed.every((one) => one < place)
            expect(backoff.reached(place)).toBe(isPassed)
            if (isPassed) failed = []
          }
        }
      }),
    )
  })
})
