import type { CatalogueType, Relation } from '@hooklane/core/capture'
import { describe, expect, it } from '@jest/globals'
import { ColumnTypes } from './column-types.js'
import type { LoggedType } from './read-catalogue-types.js'

const FLAG: CatalogueType = { kind: 'scalar', typeOid: 16 }

const relation = (...typeOids: readonly number[]): Relation => ({
  schema: 'public',
  table: 'item',
  columns: typeOids.map((typeOid, at) => ({ name: `c${at}`, typeOid, typeModifier: -1 })),
  replicaIdentity: 'full',
})

function setUp(catalogue: ReadonlyMap<number, CatalogueType>) {
  const asked: (readonly LoggedType[])[] = []
  const gone: (readonly LoggedType[])[] = []
  const ending = new AbortController()
  let failures = 0
  const types = new ColumnTypes({
    read: (types) => {
      asked.push(types)
      return failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve(catalogue)
    },
    onGone: (types) => gone.push(types),
    signal: ending.signal,
  })
  const fail = (times: number) => (failures = times)
  return { types, asked, gone, ending, fail }
}

describe('the types of columns', () => {
  it('are looked up once, and only those that are not built in', async () => {
    const { types, asked } = setUp(new Map([[16_500, FLAG]]))
    types.note({ tag: 'type', typeOid: 16_500, schema: 'public', name: 'flag' })
    const [first, again] = [relation(23, 16_500, 16_500), relation(16_500)]
    const completed = await types.complete(first)
    expect(completed.columns.map(({ type }) => type)).toEqual([undefined, FLAG, FLAG])
    expect(types.complete(first)).toBe(completed)
    expect(types.complete(again)).toMatchObject({ columns: [{ type: FLAG }] })
    expect(types.complete(relation(23, 3802))).not.toBeInstanceOf(Promise)
    expect(asked).toEqual([[{ oid: 16_500, name: { schema: 'public', name: 'flag' } }]])
  })

  it('that no longer exist are reported once, and their columns stay as they are', async () => {
    const { types, gone, asked } = setUp(new Map())
    const completed = await types.complete(relation(16_500))
    expect(completed.columns[0]).not.toHaveProperty('type')
    expect(types.complete(relation(16_500))).not.toBeInstanceOf(Promise)
    expect([gone.length, asked.length]).toEqual([1, 1])
  })

  it('are looked up again when the catalogue did not answer', async () => {
    const { types, fail, gone } = setUp(new Map([[16_500, FLAG]]))
    fail(1)
    await expect(types.complete(relation(16_500))).rejects.toThrow('away')
    expect((await types.complete(relation(16_500))).columns[0]?.type).toEqual(FLAG)
    expect(gone).toEqual([])
  })

  it('complete no relation once the session has ended', async () => {
    const { types, ending } = setUp(new Map([[16_500, FLAG]]))
    const completing = types.complete(relation(16_500))
    ending.abort()
    await expect(completing).rejects.toThrow()
  })
})
