import { describe, expect, it } from '@jest/globals'
import type { RowCondition } from '../capture-configuration.js'
import { PRODUCT, SOURCE } from '../shop-source.fixture.js'
import type { Relation } from '../row-change.js'
import { RowReader } from './row-reader.js'

const OIDS = { boolean: 16, int8: 20, int4: 23, text: 25, json: 114, float8: 701, numeric: 1700 } as const

/** Whether a row whose column prints this text is an entity under `when: { kind: … }`. */
function isEntity(type: keyof typeof OIDS, text: string | null, equals: RowCondition['equals']): boolean {
  const columns = [
    { name: 'company_id', typeOid: OIDS.text, typeModifier: -1 },
    { name: 'id', typeOid: OIDS.int4, typeModifier: -1 },
    { name: 'kind', typeOid: OIDS[type], typeModifier: -1 },
  ]
  const relation: Relation = { schema: 'public', table: 'product', columns, replicaIdentity: 'full' }
  const table = { ...PRODUCT, key: null, url: null, version: null, ignore: [], omit: [], deleted: null, actor: null }
  const reader = new RowReader(SOURCE, { ...table, id: ['id'], when: [{ column: 'kind', equals }] })
  const row = new Map([
    ['company_id', 'cmp_7'],
    ['id', '1'],
    ['kind', text],
  ])
  return reader.identify(relation, row).isEntity
}

describe('a condition of the capture file', () => {
  it.each([
    ['int4', '5', 5, true],
    ['int4', '5', '5', true],
    ['int4', '5', '05', false],
    ['int8', '5', 5, true],
    ['int8', '9007199254740993', '9007199254740993', true],
    ['numeric', '1.50', 1.5, true],
    ['numeric', '1.50', '1.5', false],
    ['float8', '1.5', '1.5', true],
    ['boolean', 't', true, true],
    ['boolean', 't', 'true', true],
    ['boolean', 'f', true, false],
    ['text', 'true', true, true],
    ['text', '5', 5, true],
    ['text', '007', '7', false],
    ['text', 'sellable', 'sellable', true],
    ['text', null, null, true],
    ['text', 'null', null, false],
    ['text', null, 'null', false],
    ['json', '[5]', '5', false],
    ['json', '{}', '[object Object]', false],
  ] as const)('for %s %j, written as %j: %s', (type, text, equals, holds) => {
    expect(isEntity(type, text, equals)).toBe(holds)
  })
})
