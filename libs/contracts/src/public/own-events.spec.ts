import { describe, expect, it } from '@jest/globals'
import { decodeEvent, isReservedResource, OWN_EVENT_TYPES, RESYNC_REASONS } from './own-events.js'

const data = { producer: 'pim', from: '0001-01', to: null, reason: 'truncated', resources: ['products'] }
const resync = {
  id: 'evt_1',
  producer: 'pim',
  type: 'resync.required',
  companyId: 'cmp_1',
  entity: { type: 'source', id: 'pim' },
  occurredAt: '2026-03-02T08:15:04.190Z',
  revision: null,
  data,
}
const read = (value: unknown) => decodeEvent(Buffer.from(JSON.stringify(value)))

describe('events of Hooklane’s own types', () => {
  it.each<[string, unknown]>([
    ['a reason and a range', resync],
    ['an unknown range', { ...resync, data: { ...data, from: null, to: null } }],
    ['no resource, which means all', { ...resync, data: { ...data, resources: [] } }],
    ['no producer, which means all', { ...resync, data: { ...data, producer: null } }],
    ['unknown members', { ...resync, data: { ...data, stateTold: true }, later: 1 }],
    ['the one subscription it is for', { ...resync, subscriptionId: 'sub_1' }],
    ...Object.keys(RESYNC_REASONS).map<[string, unknown]>((reason) => [
      `the reason ${reason}`,
      { ...resync, data: { ...data, reason } },
    ]),
  ])('are accepted with %s', (_what, event) => {
    expect(read(event).ok).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['without data', { ...resync, data: null }, 'schema:/data'],
    ['without a producer', { ...resync, data: { ...data, producer: undefined } }, 'schema:/data/producer'],
    ['about another producer', { ...resync, data: { ...data, producer: 'erp' } }, 'schema:/data/producer'],
    ['with an unknown reason', { ...resync, data: { ...data, reason: 'bored' } }, 'schema:/data/reason'],
    ['with a range that is a number', { ...resync, data: { ...data, from: 7 } }, 'schema:/data/from'],
    ['with a range outside visible ASCII', { ...resync, data: { ...data, to: 'Ä' } }, 'schema:/data/to'],
    ['without resources', { ...resync, data: { ...data, resources: undefined } }, 'schema:/data/resources'],
    ['with a resource twice', { ...resync, data: { ...data, resources: ['a', 'a'] } }, 'schema:/data/resources'],
    ['with a malformed resource', { ...resync, data: { ...data, resources: ['a b'] } }, 'schema:/data/resources/0'],
    ['as a change of an entity', { ...resync, revision: { id: '1', operation: 'update' } }, 'schema:/revision'],
    ['of a reserved type that does not exist yet', { ...resync, type: 'stream.caughtUp' }, 'reserved_type'],
    ['of a type that differs from one only in case', { ...resync, type: 'Resync.required' }, 'reserved_type'],
    ['of a type below one', { ...resync, type: 'resync.required.again' }, 'reserved_type'],
  ])('are refused %s', (_what, event, reason) => {
    expect(read(event)).toEqual({ ok: false, reason })
  })

  it('do not restrict other types', () => {
    for (const type of ['products.updated', 'streams.created', 'resyncs.required', 'products.resync']) {
      expect(read({ ...resync, type, data: null }).ok).toBe(true)
    }
  })

  it('belong to reserved resources', () => {
    for (const { name, resource, action, dataSchema } of OWN_EVENT_TYPES) {
      expect(name).toBe(`${resource}.${action}`)
      expect(isReservedResource(resource)).toBe(true)
      expect(dataSchema.$id).toBe(`${name}/1`)
    }
  })
})
