import { describe, expect, it } from '@jest/globals'
import { decodeEvent, OWN_EVENT_TYPES, RESYNC_REASONS, type ResyncReason } from '@hooklane/contracts/public'
import fc from 'fast-check'
import { capturedEventId } from '../../kernel/identity/ids.js'
import { formatPosition } from '../position.js'
import { buildResyncEvent, type ResyncNotice } from './build-resync-event.js'

const POSITION = '0001-000000000152BAC0-000000000152BA40-0000-0'

const notice = (changes: Partial<ResyncNotice> = {}): ResyncNotice => ({
  producer: 'pim',
  companyId: 'cmp_7',
  position: POSITION,
  occurredAt: '2026-03-02T08:15:04.190Z',
  from: null,
  to: POSITION,
  reason: 'truncated',
  resources: ['products', 'brands', 'products'],
  ...changes,
})

describe('the event of a required resync', () => {
  it('lists each resource once and in order, and is for no subscription yet', () => {
    expect(buildResyncEvent(notice())).toEqual({
      id: capturedEventId('pim', POSITION),
      producer: 'pim',
      type: 'resync.required',
      companyId: 'cmp_7',
      subscriptionId: null,
      entity: { type: 'source', id: 'pim', key: null, url: null },
      occurredAt: '2026-03-02T08:15:04.190Z',
      revision: null,
      batch: null,
      data: { producer: 'pim', from: null, to: POSITION, reason: 'truncated', resources: ['brands', 'products'] },
    })
  })

  it('is one that the router reads, whatever happened and wherever', () => {
    const lsn = fc.bigInt(0n, 2n ** 64n - 1n)
    const position = fc
      .record({
        epoch: fc.nat(0xffff),
        commitLsn: lsn,
        lsn,
        index: fc.nat(0xffff),
        side: fc.constantFrom('departure' as const, 'arrival' as const),
      })
      .map(formatPosition)
    const any = fc.record({
      producer: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,60}$/),
      companyId: fc.stringMatching(/^[\x21-\x7e]{1,128}$/),
      position,
      occurredAt: fc
        .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
        .map((at) => at.toISOString()),
      from: fc.option(position),
      to: fc.option(position),
      reason: fc.constantFrom(...(Object.keys(RESYNC_REASONS) as ResyncReason[])),
      resources: fc.array(fc.stringMatching(/^[a-zA-Z0-9_]{1,40}(\.[a-zA-Z0-9_]{1,40})?$/), { maxLength: 8 }),
    })
    fc.assert(
      fc.property(any, (given) => {
        const event = buildResyncEvent(given)
        expect(decodeEvent(Buffer.from(JSON.stringify(event)))).toEqual({ ok: true, value: event })
        const reversed = buildResyncEvent({ ...given, resources: [...given.resources].reverse() })
        expect(JSON.stringify(reversed)).toBe(JSON.stringify(event))
      }),
    )
  })

  it('has the type that the catalogue of own types names', () => {
    expect(OWN_EVENT_TYPES.map(({ name }) => name)).toContain(buildResyncEvent(notice()).type)
  })
})
