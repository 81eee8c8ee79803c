import { describe, expect, it } from '@jest/globals'
import type { Row } from '../row-change.js'
import { foldOddRows, oddRow } from './odd-rows.fixture.js'

const SMALL = 30_000
const LARGE = 10 * SMALL
/** Ten times the size takes ten times the work, or a little more where something is sorted. Squared work takes a hundred times. */
const MAX_RATIO = 40
/** Less than this is not worth measuring: rounding and the collector are larger. */
const NOISE_US = 5_000

/** Each about `size` characters long. */
const VALUES: readonly (readonly [string, (size: number) => Record<string, string>])[] = [
  ['an exponent of many digits in JSON', (size) => ({ attributes: `[1e-${'9'.repeat(size)}]` })],
  ['a JSON number of zeros between ones', (size) => ({ attributes: `[1${'0'.repeat(size)}1]` })],
  ['a JSON number of zeros between its digits', (size) => ({ attributes: `[1.${'0'.repeat(size)}1]` })],
  ['a JSON number of zeros behind the point', (size) => ({ attributes: `[0.${'0'.repeat(size)}1]` })],
  [
    'many JSON numbers that no double holds',
    (size) => ({ attributes: `[${'12345678901234567,'.repeat(size / 18)}1]` }),
  ],
  ['a number to be compared', (size) => ({ factor: `1.${'0'.repeat(size)}` })],
  ['an exponent to be compared', (size) => ({ factor: `1e-9${'0'.repeat(size)}` })],
  ['a number like the one to be compared', (size) => ({ factor: `1${'0'.repeat(size)}1` })],
  ['JSON that nests', (size) => ({ declared: '['.repeat(size / 2) + ']'.repeat(size / 2) })],
  [
    'JSON that nests as deeply as it may, with a long text inside',
    (size) => ({ attributes: nested('x'.repeat(size)) }),
  ],
  ['JSON of many members', (size) => ({ attributes: members(size / 20, '1234567') })],
  ['JSON of many members beside a large one', (size) => ({ attributes: besideLarge(size) })],
  ['JSON of members that each are most of what is left', (size) => ({ attributes: halves(size) })],
  ['JSON strings of escapes', (size) => ({ attributes: `["${'\\ud800'.repeat(size / 6)}",1e1]` })],
  ['control characters', (size) => ({ plain: '\u0001'.repeat(size) })],
  ['a URL', (size) => ({ link: JSON.stringify('é'.repeat(size)) })],
  ['an array of quotes', (size) => ({ texts: `{${'"\\"",'.repeat(size / 5)}a}` })],
  ['an array of one long text', (size) => ({ texts: `{"${'\\\\'.repeat(size / 2)}"}` })],
  ['an array that does not end', (size) => ({ texts: `{${'a,'.repeat(size / 2)}` })],
  ['an array of arrays', (size) => ({ nested: `{${'"{1,2}",'.repeat(size / 8)}NULL}` })],
  ['bounds without an array', (size) => ({ texts: '[0:1]'.repeat(size / 5) })],
  ['an array of documents', (size) => ({ documents: `{${'"{\\"a\\": 1e5}",'.repeat(size / 16)}NULL}` })],
  ['pairs', (size) => ({ pairs: Array.from({ length: size / 20 }, (_, at) => `"key${at}"=>"value"`).join(', ') })],
  ['a pair that does not end', (size) => ({ pairs: `"${'\\"'.repeat(size / 2)}` })],
  ['an instant of digits', (size) => ({ at: '2'.repeat(size), wall: `2026-03-02 08:15:04.${'1'.repeat(size)}` })],
  ['a version of digits', (size) => ({ version: '9'.repeat(size) })],
]

const members = (count: number, value: string): string =>
  `{${Array.from({ length: count }, (_, at) => `"key${at}":${value}`).join(',')}}`

const nested = (text: string): string => `${'{"a":'.repeat(170)}"${text}"${'}'.repeat(170)}`

/** The large one goes first; then the rest is still too large. */
const besideLarge = (size: number): string =>
  `{"large":"${'x'.repeat(size)}",${members(size / 100, `"${'y'.repeat(40)}"`).slice(1)}`

function halves(size: number): string {
  const parts: string[] = []
  for (let length = size / 2; length >= 1; length = Math.floor(length / 2))
    parts.push(`"k${length}":"${'x'.repeat(length)}"`)
  return `{${parts.join(',')}}`
}

/** Of a creation, an update and a deletion: CPU time in microseconds, which other processes do not add to. */
async function costOf(before: Row, after: Row, maxEventBytes: number): Promise<number> {
  const costs: number[] = []
  for (let run = 0; run < 2; run++) {
    const begin = process.cpuUsage()
    await foldOddRows(before, after, maxEventBytes)
    const { user, system } = process.cpuUsage(begin)
    costs.push(user + system)
  }
  return Math.min(...costs)
}

describe('the work of folding a row grows with its size and no faster:', () => {
  it.each(VALUES)('%s', async (_, make) => {
    const cost = (size: number) => costOf(oddRow(make(size)), oddRow({ ...make(size), flag: 't' }), size / 4 + 16_384)
    const small = await cost(SMALL)
    const large = await cost(LARGE)
    expect(large / Math.max(small, NOISE_US)).toBeLessThan(MAX_RATIO)
  })
})
