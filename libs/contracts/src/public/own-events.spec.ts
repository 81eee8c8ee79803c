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

describe('events of own types', () => {
  it.each<[string, unknown]>([
    ['what happened and where', resync],
    ['every range that is not known', { ...resync, data: { ...data, from: null, to: null } }],
    ['no resource, which means all', { ...resync, data: { ...data, resources: [] } }],
    ['no producer, which means all', { ...resync, data: { ...data, producer: null } }],
    ['members that are not known yet', { ...resync, data: { ...data, stateTold: true }, later: 1 }],
    ['one subscription that it is for', { ...resync, subscriptionId: 'sub_1' }],
    ...Object.keys(RESYNC_REASONS).map<[string, unknown]>((reason) => [
      `the reason ${reason}`,
      { ...resync, data: { ...data, reason } },
    ]),
  ])('may say %s', (_what, event) => {
    expect(read(event).ok).toBe(true)
  })

  it.each<[string, unknown, string]>([
    ['without data', { ...resync, data: null }, 'schema:/data'],
    ['without a producer', { ...resync, data: { ...data, producer: undefined } }, 'schema:/data/producer'],
    ['about another producer', { ...resync, data: { ...data, producer: 'erp' } }, 'schema:/data/producer'],
    ['for a reason that there is not', { ...resync, data: { ...data, reason: 'bored' } }, 'schema:/data/reason'],
    ['with a range of numbers', { ...resync, data: { ...data, from: 7 } }, 'schema:/data/from'],
    ['with a range that no header holds', { ...resync, data: { ...data, to: 'Ä' } }, 'schema:/data/to'],
    ['without resources', { ...resync, data: { ...data, resources: undefined } }, 'schema:/data/resources'],
    ['with a resource twice', { ...resync, data: { ...data, resources: ['a', 'a'] } }, 'schema:/data/resources'],
    ['with a resource that is none', { ...resync, data: { ...data, resources: ['a b'] } }, 'schema:/data/resources/0'],
    ['as a change of an entity', { ...resync, revision: { id: '1', operation: 'update' } }, 'schema:/revision'],
    ['of a type that is not one yet', { ...resync, type: 'stream.caughtUp' }, 'reserved_type'],
    ['of a type that looks like one', { ...resync, type: 'Resync.required' }, 'reserved_type'],
    ['of a type below one', { ...resync, type: 'resync.required.again' }, 'reserved_type'],
  ])('are refused %s', (_what, event, reason) => {
    expect(read(event)).toEqual({ ok: false, reason })
  })

  it('bind no other type', () => {
    for (const type of ['products.updated', 'streams.created', 'resyncs.required', 'products.resync']) {
      expect(read({ ...resync, type, data: null }).ok).toBe(true)
    }
  })

  it('stand below resources that nobody else may use', () => {
    for (const { name, resource, action, dataSchema } of OWN_EVENT_TYPES) {
      expect(name).toBe(`${resource}.${action}`)
      expect(isReservedResource(resource)).toBe(true)
      expect(dataSchema.$id).toBe(`${name}/1`)
    }
  })
})
