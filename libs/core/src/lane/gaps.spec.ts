import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { appendGap, orderOf } from './gaps.js'
import type { Gap } from './protocol.js'

const gapOf = (sequence: number, status: Gap['status'] = 'filtered'): Gap => ({
  sequence: BigInt(sequence),
  id: `msg_${sequence}`,
  status,
  reason: 'deleted',
})

describe('gaps', () => {
  it('are the unbroken run that ends before the delivery', () => {
    const gaps = [gapOf(3), gapOf(5), gapOf(6)]
    expect(orderOf(gaps, 7n)).toEqual({ previous: 4n, skipped: [gapOf(5), gapOf(6)] })
    expect(orderOf(gaps, 8n)).toEqual({ previous: 7n, skipped: [] })
    expect(orderOf([], 1n)).toEqual({ previous: 0n, skipped: [] })
  })

  it('that a delivery in between reported are dropped', () => {
    expect(appendGap([gapOf(3)], gapOf(5))).toEqual([gapOf(5)])
  })

  it('cover every number without overlap and stay bounded, whatever became of them', () => {
    const status = fc.constantFrom<Gap['status']>('filtered', 'dropped', 'deadLettered', 'lost')
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 600 }), (run) => {
        let gaps: readonly Gap[] = []
        run.forEach((one, i) => (gaps = appendGap(gaps, gapOf(i + 1, one))))
        expect(gaps.length).toBeLessThanOrEqual(201)
        expect(gaps.filter((gap) => gap.to === undefined).map((gap) => gap.status)).toEqual(run.slice(-100))
        let next = 1n
        for (const gap of gaps) {
          expect(gap.sequence).toBe(next)
          next = (gap.to ?? gap.sequence) + 1n
        }
        expect(next).toBe(BigInt(run.length) + 1n)
      }),
      { numRuns: 30 },
    )
  })
})
