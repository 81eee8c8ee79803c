import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decodeBitmap, encodeBitmap } from './bitmap.js'
import { OffsetTracker } from './offset-tracker.js'

/** The definition, spelled out with sets. */
class PlainTracker {
  private readonly open = new Set<bigint>()
  private readonly finished: Set<bigint>
  next: bigint

  constructor(position: bigint, done: readonly number[]) {
    this.next = position
    this.finished = new Set(done.map((distance) => position + BigInt(distance)))
  }

  get low(): bigint {
    let low = this.next
    for (const offset of this.open) if (offset < low) low = offset
    return low
  }

  receive(offset: bigint): boolean {
    for (let passed = this.next; passed < offset; passed++) this.finished.add(passed)
    this.next = offset + 1n
    if (this.finished.has(offset)) return false
    this.open.add(offset)
    return true
  }

  advanceTo(offset: bigint): void {
    for (let passed = this.next; passed < offset; passed++) this.finished.add(passed)
    if (offset > this.next) this.next = offset
  }

  done(offset: bigint): void {
    this.open.delete(offset)
    this.finished.add(offset)
  }

  get distances(): number[] {
    const { low } = this
    return [...this.finished]
      .filter((o) => o >= low)
      .map((o) => Number(o - low))
      .sort((a, b) => a - b)
  }

  get work(): bigint[] {
    return [...this.open].sort((a, b) => Number(a - b))
  }
}

const distancesArbitrary = fc.uniqueArray(fc.nat(300), { maxLength: 80 })

describe('bitmap', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(20_000)), (distances) => {
        expect(decodeBitmap(encodeBitmap(distances))).toEqual([...distances].sort((a, b) => a - b))
      }),
    )
  })

  it('reads any bytes, and writes them again without the zeros at the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const again = encodeBitmap(decodeBitmap(bytes))
        expect(Buffer.concat([again, Buffer.alloc(bytes.length - again.length)])).toEqual(Buffer.from(bytes))
      }),
    )
  })
})

describe('OffsetTracker', () => {
  it('agrees with its definition under any order of reading, finishing and saving', () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('read'), by: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass'), by: fc.nat(90) }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('done'), by: fc.nat(1_000) }) },
    )
    fc.assert(
      fc.property(
        fc.bigInt(0n, 1n << 40n),
        distancesArbitrary,
        fc.array(action, { maxLength: 300 }),
        (at, done, run) => {
          const plain = new PlainTracker(at, done)
          const tracker = new OffsetTracker(at, encodeBitmap(done))
          for (const { kind, by } of run) {
            if (kind === 'read') {
              const offset = plain.next + BigInt(by)
              expect(tracker.receive(offset)).toBe(plain.receive(offset))
            } else if (kind === 'pass') {
              const to = plain.next + BigInt(by)
              tracker.advanceTo(to)
              plain.advanceTo(to)
            } else if (plain.work.length > 0) {
              const offset = plain.work[by % plain.work.length]!
              tracker.done(offset)
              plain.done(offset)
            }
            expect([tracker.low, tracker.next]).toEqual([plain.low, plain.next])
            expect(decodeBitmap(tracker.snapshot())).toEqual(plain.distances)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps what the previous owner had done where nothing was read yet', () => {
    const tracker = new OffsetTracker(100n, encodeBitmap([5, 9]))
    tracker.receive(100n)
    expect(decodeBitmap(tracker.snapshot())).toEqual([5, 9])
    tracker.done(100n)
    expect(tracker.low).toBe(101n)
    expect(decodeBitmap(tracker.snapshot())).toEqual([4, 8])
  })

  it('continues at the log start when records before it are gone', () => {
    const tracker = new OffsetTracker(100n, encodeBitmap([5, 20]), 110n)
    expect([tracker.low, tracker.next]).toEqual([110n, 110n])
    expect(decodeBitmap(tracker.snapshot())).toEqual([10])
  })

  it('passes a jump of any width with nothing in work', () => {
    const tracker = new OffsetTracker(0n)
    tracker.advanceTo(1n << 50n)
    expect(tracker.low).toBe(1n << 50n)
    expect(tracker.receive(1n << 50n)).toBe(true)
  })
})
