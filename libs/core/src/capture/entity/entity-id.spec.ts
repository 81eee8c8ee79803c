import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Relation, Row } from '../row-change.js'
import { PRODUCT, SOURCE } from '../shop-source.fixture.js'
import { RowReader } from './row-reader.js'

const TEXT = 25
const NAMES = ['one', 'two', 'three'] as const
const relation: Relation = {
  schema: 'public',
  table: 'thing',
  columns: ['company_id', ...NAMES].map((name) => ({ name, typeOid: TEXT, typeModifier: -1 })),
  replicaIdentity: 'full',
}
const readerOf = (id: readonly string[]) =>
  new RowReader(SOURCE, {
    ...PRODUCT,
    id,
    key: null,
    url: null,
    version: null,
    ignore: [],
    omit: [],
    deleted: null,
    when: [],
    actor: null,
  })
const rowOf = (parts: readonly string[]): Row =>
  new Map([['company_id', 'cmp_7'], ...parts.map((part, at) => [NAMES[at] ?? '', part] as const)])
const idOf = (parts: readonly string[]): string =>
  readerOf(NAMES.slice(0, parts.length)).state(relation, rowOf(parts)).id

describe('the id of an entity', () => {
  it.each([
    [['a', 'b'], 'a:b'],
    [['a:b', 'c'], 'a%3Ab:c'],
    [['a', 'b:c'], 'a:b%3Ac'],
    [['50%', '1'], '50%25:1'],
    [['a%3Ab', 'c'], 'a%253Ab:c'],
    [['', ''], ':'],
    [['a:b'], 'a:b'],
    [['50%'], '50%'],
  ])('of %j is %s', (parts, id) => {
    expect(idOf(parts)).toBe(id)
  })

  it('of several columns is the id of no other row, and its parts can be read back', () => {
    const part = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(':', '%', '2', '5', '3', 'A', 'a') }))
    const parts = fc.array(part, { minLength: 2, maxLength: 3 })
    fc.assert(
      fc.property(parts, (wanted) => {
        expect(
          idOf(wanted)
            .split(':')
            .map((text) => text.replaceAll('%3A', ':').replaceAll('%25', '%')),
        ).toEqual(wanted)
      }),
    )
  })

  it('is limited as it is published: longer than 1,024 characters once its parts are told apart, it is no entity', () => {
    const reader = readerOf(['one', 'two'])
    const identify = (one: string) => reader.identify(relation, rowOf([one, 'x']))
    expect(identify(':'.repeat(340))).toMatchObject({ isEntity: true })
    expect(identify(':'.repeat(341))).toMatchObject({ isEntity: false, reason: 'idTooLong' })
  })
})
