import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  comparePositions,
  endOfTransaction,
  formatEpoch,
  formatLsn,
  formatPosition,
  isOrdinalPosition,
  parseLsn,
  parsePosition,
  positionBefore,
  type Position,
} from './position.js'

const lsn = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const position: fc.Arbitrary<Position> = fc.record({
  epoch: fc.integer({ min: 0, max: 0xffff }),
  commitLsn: lsn,
  lsn,
  index: fc.integer({ min: 0, max: 0xffff }),
  side: fc.constantFrom('departure', 'arrival'),
})
const FIRST: Position = { epoch: 0, commitLsn: 0n, lsn: 0n, index: 0, side: 'departure' }

describe('position', () => {
  it('is of fixed width in upper-case hexadecimal', () => {
    const place = { lsn: 0x152ba40n, index: 10, side: 'arrival' as const }
    expect(formatPosition({ epoch: 1, commitLsn: 0x152bac0n, ...place })).toBe(
      '0001-000000000152BAC0-000000000152BA40-000A-1',
    )
  })

  it('comes back from its text, and the order of texts is the order of positions', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const [textA, textB] = [formatPosition(a), formatPosition(b)]
        expect(parsePosition(textA)).toEqual(a)
        expect(Math.sign(comparePositions(a, b))).toBe(textA < textB ? -1 : textA > textB ? 1 : 0)
      }),
    )
  })

  it('the one before a commit is below everything of that commit and above everything committed earlier', () => {
    const earlier = fc.bigInt({ min: 2n, max: 1n << 62n })
    fc.assert(
      fc.property(position, fc.bigInt({ min: 0n, max: 1n << 62n }), earlier, (any, commitLsn, gap) => {
        const before = positionBefore(any.epoch, commitLsn + gap)
        expect(before < formatPosition({ ...any, commitLsn: commitLsn + gap })).toBe(true)
        expect(formatPosition({ ...any, commitLsn }) < before).toBe(true)
        expect(formatPosition({ ...any, commitLsn }) <= endOfTransaction(any.epoch, commitLsn)).toBe(true)
        expect(endOfTransaction(any.epoch, commitLsn) < before).toBe(true)
      }),
    )
    expect(positionBefore(1, 0x10n).startsWith(formatEpoch(1))).toBe(true)
  })

  it.each([
    '',
    '0001-000000000152bac0-000000000152BA40-0000-0',
    '1-2-3-4-0',
    '0001-000000000152BAC0-000000000152BA40-0000-2',
    '0001-000000000152BAC0-00000002',
    'x0001-000000000152BAC0-000000000152BA40-0000-0',
  ])('%j is none', (text) => expect(parsePosition(text)).toBeNull())

  it('those that counted row changes are recognised as such', () => {
    expect(isOrdinalPosition('0001-000000000152BAC0-00000002')).toBe(true)
    expect(isOrdinalPosition(formatPosition(FIRST))).toBe(false)
  })

  it.each([
    { epoch: 0x10000 },
    { commitLsn: 1n << 64n },
    { lsn: -1n },
    { lsn: 1n << 64n },
    { index: -1 },
    { index: 0x10000 },
    { index: 0.5 },
  ])('what does not fit its width is refused: %p', (part) =>
    expect(() => formatPosition({ ...FIRST, ...part })).toThrow(RangeError),
  )

  it('both spellings of an LSN are one number', () => {
    expect(parseLsn('0/152BAC0')).toBe(0x152bac0n)
    expect(parseLsn('00000000/0152bac0')).toBe(0x152bac0n)
    expect(formatLsn(0x1_0152_bac0n)).toBe('1/152BAC0')
    expect(parseLsn('152BAC0')).toBeNull()
  })
})
