import { describe, expect, it } from '@jest/globals'
import { decoderOf } from './decode.js'
import { EventSchema } from './event.js'

const decode = decoderOf(EventSchema)
const event = {
  id: 'evt_1',
  producer: 'pim',
  type: 'products.updated',
  companyId: 'cmp_1',
  entity: { type: 'product', id: 'prd_1' },
  occurredAt: '2026-03-02T08:15:04.190Z',
  revision: {
    id: '0001-000000000152BAC0-000000000152BA40-0002-0',
    operation: 'update',
    changes: [{ op: 'replace', path: '/price', before: ['89.00', { a: null }], after: 7 }],
  },
  data: { price: 7, tags: ['a'], deep: { b: [1, { c: null }] } },
}
const read = (value: unknown) => decode(Buffer.from(JSON.stringify(value)))

describe('event/1', () => {
  it('accepts any JSON in data and changes, and unknown members', () => {
    expect(read({ ...event, later: { version: 2 } }).ok).toBe(true)
    expect(read({ ...event, revision: null, data: null }).ok).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['data that is an array', { ...event, data: [] }, 'schema:/data'],
    ['data that is text', { ...event, data: 'x' }, 'schema:/data'],
    ['no entity id', { ...event, entity: { type: 'product' } }, 'schema:/entity/id'],
    ['an id with a blank', { ...event, id: 'evt 1' }, 'schema:/id'],
  ])('refuses %s', (_what, value, reason) => {
    expect(read(value)).toEqual({ ok: false, reason })
  })
})
