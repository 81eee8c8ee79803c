import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { JsonValue } from '@hooklane/contracts/public'
import type { CatalogueType } from '../row-change.js'
import { parseArrayText } from './decode-array.js'
import { valueDecoder } from './decode-value.js'

const decode = (typeOid: number, text: string, timezone = 'UTC') => valueDecoder({ typeOid }, { timezone })(text)

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  float4: 700,
  float8: 701,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
}
const ARRAY = {
  bool: 1000,
  int4: 1007,
  text: 1009,
  int8: 1016,
  box: 1020,
  float8: 1022,
  timestamptz: 1185,
  numeric: 1231,
  jsonb: 3807,
}
const ENUM = 16_444

describe('a column as JSON', () => {
  it.each<[keyof typeof OID, string, JsonValue]>([
    ['bool', 't', true],
    ['bool', 'f', false],
    ['int2', '-32768', -32768],
    ['int4', '2147483647', 2147483647],
    ['int8', '42', '42'],
    ['int8', '9223372036854775807', '9223372036854775807'],
    ['numeric', '79.00', '79.00'],
    ['numeric', '0.1234567890123456789012345678', '0.1234567890123456789012345678'],
    ['numeric', 'NaN', 'NaN'],
    ['float4', '0.1', 0.1],
    ['float8', '1e+300', 1e300],
    ['float8', '-0', 0],
    ['float8', 'NaN', 'NaN'],
    ['float8', '-Infinity', '-Infinity'],
    ['text', '', ''],
    ['text', '{not an array}', '{not an array}'],
    ['varchar', ' padded ', ' padded '],
    ['uuid', '7b1f6a5e-0000-4000-8000-000000000001', '7b1f6a5e-0000-4000-8000-000000000001'],
    ['bytea', '\\xdeadbeef', '\\xdeadbeef'],
    ['date', '2026-03-02', '2026-03-02'],
    ['date', 'infinity', 'infinity'],
    ['time', '08:15:04.5', '08:15:04.5'],
    ['interval', '1 day 02:00:00', '1 day 02:00:00'],
    ['timestamptz', '2026-03-02 08:15:04.211+00', '2026-03-02T08:15:04.211Z'],
    ['json', ' { "b" : 1, "a" : [ ] } ', { b: 1, a: [] }],
    ['jsonb', 'null', null],
    ['jsonb', '"x"', 'x'],
  ])('%s %s', (type, text, expected) => {
    expect(decode(OID[type], text)).toStrictEqual(expected)
  })

  it('a type that users define is text', () => {
    expect(decode(ENUM, 'sellable')).toBe('sellable')
    expect(decode(ENUM, '{a,b}')).toBe('{a,b}')
  })

  it('text that its type does not explain stays as it is', () => {
    expect(decode(OID.bool, 'yes')).toBe('yes')
    expect(decode(OID.json, '{broken')).toBe('{broken')
    expect(decode(ARRAY.text, '{broken')).toBe('{broken')
    expect(decode(OID.timestamptz, 'soon')).toBe('soon')
  })

  it('a text column can be declared to hold JSON', () => {
    const read = valueDecoder({ typeOid: OID.text }, { timezone: 'UTC', isJson: true })
    expect(read('{"a":1}')).toEqual({ a: 1 })
    expect(read('plain')).toBe('plain')
  })
})

describe('a column of a type that the database defines for itself', () => {
  const read = (type: CatalogueType, text: string) =>
    valueDecoder({ typeOid: ENUM, type }, { timezone: 'Europe/Oslo' })(text)
  const scalar = (typeOid: number): CatalogueType => ({ kind: 'scalar', typeOid })
  const array = (element: CatalogueType, delimiter = ','): CatalogueType => ({ kind: 'array', delimiter, element })

  it.each<[string, CatalogueType, string, JsonValue]>([
    ['a domain over boolean', scalar(OID.bool), 't', true],
    ['a domain over int', scalar(OID.int4), '5', 5],
    ['a domain over jsonb', scalar(OID.jsonb), '{"w": 1.5}', { w: 1.5 }],
    ['a domain over timestamp', scalar(OID.timestamp), '2026-07-01 12:00:00', '2026-07-01T10:00:00Z'],
    ['a domain over text[]', scalar(ARRAY.text), '{a,NULL}', ['a', null]],
    ['an enum', scalar(ENUM), 'spring', 'spring'],
    ['a composite', scalar(ENUM), '(1,"a b",)', '(1,"a b",)'],
    ['an array of an enum or of citext', array(scalar(ENUM)), '{spring,"late autumn"}', ['spring', 'late autumn']],
    [
      'an array of a domain over int',
      array(scalar(OID.int4)),
      '{{1,2},{3,NULL}}',
      [
        [1, 2],
        [3, null],
      ],
    ],
    ['an array of a domain over int[]', array(scalar(ARRAY.int4)), '{"{1,2}","{}",NULL}', [[1, 2], [], null]],
    ['an array of composites', array(scalar(ENUM)), '{"(1,a)","(2,\\"b c\\")"}', ['(1,a)', '(2,"b c")']],
    ['an array with a delimiter of its own', array(scalar(OID.int4), '|'), '{1|2}', [1, 2]],
    ['hstore', { kind: 'hstore' }, '"a"=>"1", "b c"=>NULL, "\\"\\\\"=>"=>"', { a: '1', 'b c': null, '"\\': '=>' }],
    ['an empty hstore', { kind: 'hstore' }, '', {}],
    ['an array of hstore', array({ kind: 'hstore' }), '{"\\"a\\"=>\\"1\\""}', [{ a: '1' }]],
  ])('%s', (_, type, text, expected) => expect(read(type, text)).toStrictEqual(expected))

  it.each(['"a"', '"a"=>', '"a"=>"1",', '"a"=>"1" "b"=>"2"', 'a=>1', '"a"=>NUL', '"a"=>"1'])(
    '%s is no hstore',
    (text) => expect(read({ kind: 'hstore' }, text)).toBe(text),
  )

  it('arrays in arrays end where an event would nest more deeply than the router takes', () => {
    const type = array(array(array(scalar(OID.jsonb))))
    expect(read(type, '{"{\\"{1}\\"}"}')).toEqual([['{1}']])
  })

  it('a column declared as JSON is read as JSON', () => {
    const column = { typeOid: ENUM, type: array(scalar(ENUM)) }
    expect(valueDecoder(column, { timezone: 'UTC', isJson: true })('{"a":1}')).toEqual({ a: 1 })
  })
})

describe('an array column as JSON', () => {
  it.each<[keyof typeof ARRAY, string, JsonValue]>([
    ['text', '{}', []],
    [
      'text',
      '{a,NULL,"NULL","","with space","com,ma","{","\\"","\\\\"}',
      ['a', null, 'NULL', '', 'with space', 'com,ma', '{', '"', '\\'],
    ],
    ['int4', '{1,2,NULL}', [1, 2, null]],
    [
      'int4',
      '{{1,2},{3,4}}',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['int4', '[0:1]={7,8}', [7, 8]],
    ['int4', '[-1:0][5:5]={{7},{8}}', [[7], [8]]],
    ['int8', '{9223372036854775807}', ['9223372036854775807']],
    ['numeric', '{1.10,NaN}', ['1.10', 'NaN']],
    ['float8', '{1.5,Infinity}', [1.5, 'Infinity']],
    ['bool', '{t,f,NULL}', [true, false, null]],
    ['timestamptz', '{"2026-03-02 10:00:00+02"}', ['2026-03-02T08:00:00Z']],
    ['jsonb', '{"{\\"a\\": 12345678901234567890}"}', [{ a: '12345678901234567890' }]],
    ['box', '{(1,1),(0,0);(2,2),(1,1)}', ['(1,1),(0,0)', '(2,2),(1,1)']],
  ])('%s %s', (type, text, expected) => {
    expect(decode(ARRAY[type], text)).toStrictEqual(expected)
  })

  it('whatever texts an array holds come back', () => {
    const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
    fc.assert(
      fc.property(fc.array(fc.option(fc.string())), (elements) => {
        const text = `{${elements.map((one) => (one === null ? 'NULL' : quote(one))).join(',')}}`
        expect(parseArrayText(text)).toEqual(elements)
      }),
    )
  })

  it.each(['', '{', '{a', '{a,}', '{,a}', '{a}b', '{"a}', '{{1}', '{a}}', '[0:1]'])('%s is no array', (text) => {
    expect(parseArrayText(text)).toBeNull()
  })

  it('seven dimensions are not Postgres', () => {
    expect(parseArrayText(`${'{'.repeat(6)}1${'}'.repeat(6)}`)).not.toBeNull()
    expect(parseArrayText('{'.repeat(100_000))).toBeNull()
  })
})
