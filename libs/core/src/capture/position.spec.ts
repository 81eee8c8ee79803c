import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { comparePositions, formatLsn, formatPosition, parseLsn, parsePosition } from './position.js'

const position = fc.record({
  epoch: fc.integer({ min: 0, max: 0xffff }),
  commitLsn: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  ordinal: fc.integer({ min: 0, max: 0xffff_ffff }),
})

describe('position', () => {
  it('is of fixed width in upper-case hexadecimal', () => {
    expect(formatPosition({ epoch: 1, commitLsn: 0x152bac0n, ordinal: 2 })).toBe('0001-000000000152BAC0-00000002')
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

  it.each([
    '',
    '0001-000000000152bac0-00000002',
    '1-2-3',
    '0001-000000000152BAC0-000000020',
    'x0001-000000000152BAC0-00000002',
  ])('%j is none', (text) => expect(parsePosition(text)).toBeNull())

  it('what does not fit its width is refused', () => {
    expect(() => formatPosition({ epoch: 0x10000, commitLsn: 0n, ordinal: 0 })).toThrow(RangeError)
    expect(() => formatPosition({ epoch: 0, commitLsn: 1n << 64n, ordinal: 0 })).toThrow(RangeError)
    expect(() => formatPosition({ epoch: 0, commitLsn: 0n, ordinal: -1 })).toThrow(RangeError)
  })

  it('both spellings of an LSN are one number', () => {
    expect(parseLsn('0/152BAC0')).toBe(0x152bac0n)
    expect(parseLsn('00000000/0152bac0')).toBe(0x152bac0n)
    expect(formatLsn(0x1_0152_bac0n)).toBe('1/152BAC0')
    expect(parseLsn('152BAC0')).toBeNull()
  })
})
