import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MAX_EVENT_BYTES, type Change, type EntityEvent, type JsonObject } from '@hooklane/contracts/public'
import { MAX_POINTER_LENGTH } from './json-pointer.js'
import { DEFAULT_MAX_EVENT_BYTES, limitEventSize } from './limit-event-size.js'

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
const text = (bytes: number) => 'x'.repeat(bytes)

const event = (data: JsonObject, changes: Change[] = []): EntityEvent => ({
  id: 'evt_1',
  producer: 'pim',
  type: 'products.updated',
  companyId: 'cmp_7',
  entity: { type: 'product', id: '1', key: null, url: null },
  occurredAt: '2026-03-02T08:15:04.190Z',
  revision: {
    id: '0001-000000000152BAC0-000000000152BA40-0002-0',
    operation: 'update',
    changed: changes.map((change) => change.path),
    changes,
    stateHash: 'sha-256:00',
  },
  batch: null,
  data,
})

describe('an event above the limit', () => {
  it('the limit is that of the record', () => {
    expect(DEFAULT_MAX_EVENT_BYTES).toBe(MAX_EVENT_BYTES)
  })

  it('that fits is itself', () => {
    const small = event({ id: 1, description: text(500) })
    expect(limitEventSize(small, size(small))).toBe(small)
  })

  it('loses its largest values first, and only as many as needed', () => {
    const limited = limitEventSize(event({ id: 1, a: text(300), b: text(2000), c: text(1000) }), 2000)
    expect(limited.data).toEqual({ id: 1, a: text(300), c: text(1000) })
    expect(limited.revision?.omitted).toEqual(['/b'])
    expect(limited.revision?.stateHash).toBe('sha-256:00')
  })

  it('loses values of changes like values of data; their op and path stay', () => {
    const [before, after] = [text(2000), text(3000)]
    const changes: Change[] = [
      { op: 'replace', path: '/b', before, after },
      { op: 'replace', path: '/a', before: 1, after: 2 },
    ]
    const limited = limitEventSize(event({ id: 1, a: 2, b: after }, changes), 1500)
    expect(limited.data).toEqual({ id: 1, a: 2 })
    expect(limited.revision?.changes).toEqual([{ op: 'replace', path: '/b' }, changes[1]])
    expect(limited.revision?.changed).toEqual(['/b', '/a'])
    expect(limited.revision?.omitted).toEqual(['/b'])
  })

  it('loses the one large member of an object, not the object', () => {
    const data = { id: 1, attributes: { a: 1, deep: { manual: text(5000), '~/': 2 } } }
    const limited = limitEventSize(event(data), 1500)
    expect(limited.data).toEqual({ id: 1, attributes: { a: 1, deep: { '~/': 2 } } })
    expect(limited.revision?.omitted).toEqual(['/attributes/deep/manual'])
  })

  it('loses an object of many small members as a whole', () => {
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, at]))
    const limited = limitEventSize(event({ id: 1, wide }), 1500)
    expect(limited.data).toEqual({ id: 1 })
    expect(limited.revision?.omitted).toEqual(['/wide'])
  })

  it('loses the whole object when the path to its large member would be longer than a path may be', () => {
    const name = 'n'.repeat(MAX_POINTER_LENGTH)
    const limited = limitEventSize(event({ id: 1, a: { [name]: text(20_000), b: 1 } }), 2000)
    expect(limited.data).toEqual({ id: 1 })
    expect(limited.revision?.omitted).toEqual(['/a'])
  })

  it('loses what is left of an object when that is the largest value then', () => {
    const rest = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, text(20)]))
    const limited = limitEventSize(event({ id: 1, a: { large: text(5000), ...rest }, b: text(500) }), 1500)
    expect(limited.data).toEqual({ id: 1, b: text(500) })
    expect(limited.revision?.omitted).toEqual(['/a/large', '/a'])
  })

  it('the given event is left alone, even where data and changes share values', () => {
    const shared = { big: text(3000), small: 1 }
    const given = event({ id: 1, shared }, [{ op: 'add', path: '/shared', after: shared }])
    const copy = structuredClone(given)
    limitEventSize(given, 1500)
    expect(given).toEqual(copy)
  })

  it('keeps who, what and when even if names alone exceed the limit', () => {
    const data = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`column_with_a_long_name_${at}`, 0]))
    const limited = limitEventSize(event({ id: 1, ...data }), 1500)
    expect(limited).toMatchObject({
      id: 'evt_1',
      entity: { id: '1' },
      data: {},
      revision: { omitted: [''], changes: [] },
    })
  })

  it('is within the limit afterwards, whatever it held, and says what it lacks', () => {
    const member = fc.oneof(
      fc.string({ maxLength: 900, unit: 'grapheme' }),
      fc.jsonValue() as fc.Arbitrary<JsonObject[string]>,
    )
    const data = fc.dictionary(fc.string({ maxLength: 10 }), member, { maxKeys: 12 })
    fc.assert(
      fc.property(data, data, (state, others) => {
        const changes = Object.entries(others).map(([name, before]): Change => ({
          op: 'remove',
          path: `/${name}`,
          before,
        }))
        const given = event(state, changes)
        const limited = limitEventSize(given, 1800)
        expect(size(limited)).toBeLessThanOrEqual(1800)
        expect(limited === given).toBe(size(given) <= 1800)
        if (limited !== given) expect(limited.revision?.omitted?.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})
