import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { foldOddRows, ODD_COLUMNS, oddRow } from './odd-rows.fixture.js'

const repeated = (unit: string, max: number) => fc.integer({ min: 0, max }).map((times) => unit.repeat(times))

/** What is hard to read in one format or another. Postgres prints few of them for most types; a decoder relies on none of that. */
const oddText = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '0', '-0', 'NaN', 'Infinity', '-Infinity', 'infinity', '-infinity', 't', 'f', 'null', 'NULL', '[]'],
    ...['{}', '""', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\ud800"', '\u0001\u001f\u007f', '\u{1f600}', '\\'],
    ...['{"__proto__":{"toString":1},"constructor":null}', '"__proto__"=>"1", "a"=>NULL', '"a"=>', '"a"=>"', '=>'],
    ...[
      '294276-12-31 23:59:59.999999+00',
      '4714-11-24 00:00:00+00 BC',
      '0001-01-01 00:00:00 BC',
      '275760-09-13 00:00:00',
    ],
    ...[
      '275760-09-12 23:59:59+15:59:59',
      '0000-00-00 00:00:00',
      '9999-99-99 99:99:99.999999-99:99:99',
      '2026-03-29 02:30:00',
    ],
    ...[
      '$92,233,720,368,547,758.07',
      '-$0.01',
      '[1,5)',
      'empty',
      '{[1,2),[4,)}',
      '(1,"a",)',
      '(,)',
      'P1Y2M3DT4H',
      '-178000000 years',
    ],
    ...[
      '[0:1]={a,b}',
      '[-2147483648:2147483647]={',
      '{{{{{{{1}}}}}}}',
      '{NULL,"NULL"}',
      '{(1,1),(0,0);(2,2),(1,1)}',
      '{;}',
    ],
    ...['1e999999999999999999', '-1e-999999999999999999', '.e', '1e', '+1', '0x10', '1_000'],
  ),
  repeated('[', 100_000),
  repeated('{"a":', 100_000),
  repeated('{', 100_000),
  repeated('"a"=>"1", ', 20_000),
  repeated('\u0001', 150_000),
  repeated('\\', 100_000),
  repeated('"', 100_000),
  repeated('9', 100_000).map((digits) => `1e-9${digits}`),
  repeated('0', 100_000).map((zeros) => `1${zeros}1`),
  repeated('é', 600_000),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json({ noUnicodeString: false }),
  fc.string({ maxLength: 50 }).map((text) => JSON.stringify([text, { [text]: text }])),
)

const row = fc
  .dictionary(fc.constantFrom(...ODD_COLUMNS), fc.option(oddText), { maxKeys: 6 })
  // Mostly something that is an entity.
  .chain((values) => fc.constantFrom(values, { ...values, id: '"1"', company: 'c-1', factor: '1.0' }))
  .map(oddRow)

describe('folding', () => {
  it('never throws, whatever a row holds, and every event fits its schema and its limit', async () => {
    await fc.assert(
      fc.asyncProperty(row, row, async (before, after) => {
        await foldOddRows(before, after)
      }),
      { numRuns: 300 },
    )
  })

  it('puts a replacement character into the URL where a value holds half a character', async () => {
    const [created] = await foldOddRows(oddRow({ link: '"a\\ud800b"' }), oddRow({}))
    expect(created?.entity.url).toBe('https://pim.example.com/1/a%EF%BF%BDb')
    expect(created?.data?.link).toBe('a\ud800b')
  })

  it('publishes a row with a text whose JSON would be longer than a string may be, without that text', async () => {
    const [created] = await foldOddRows(oddRow({ plain: '\u0001'.repeat(100_000_000) }), oddRow({}))
    expect(created?.revision?.omitted).toEqual(['/plain'])
    expect(created?.revision?.stateHash).toMatch(/^sha-256:[0-9a-f]{64}$/)
  })

  it('leaves out a version and an actor that are longer than anything of their kind, and keeps the row', async () => {
    const long = 'x'.repeat(700_000)
    const [created] = await foldOddRows(
      oddRow({ version: '9'.repeat(700_000), changed_by: long, plain: 'person' }),
      oddRow({}),
    )
    expect(created?.revision).toMatchObject({
      number: null,
      actor: { id: null, type: 'person' },
      omitted: ['/changed_by', '/version'],
    })
  })
})
