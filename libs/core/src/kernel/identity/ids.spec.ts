import { describe, expect, it } from '@jest/globals'
import { base32, capturedEventId, newId, upstreamEventId, webhookId } from './ids.js'

describe('ids', () => {
  it('base32 uses the alphabet of Crockford, most significant bits first', () => {
    expect(base32(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))).toBe('ZZZZZZZZ')
    expect(base32(Buffer.from([0x08, 0x42]))).toBe('1110')
    expect(base32(Buffer.from([]))).toBe('')
  })

  it('the same change always has the same event id, another producer another one', () => {
    const id = capturedEventId('pim', '0001-000000000152BAC0-00000002')
    expect(id).toMatch(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/)
    expect(capturedEventId('pim', '0001-000000000152BAC0-00000002')).toBe(id)
    expect(capturedEventId('erp', '0001-000000000152BAC0-00000002')).not.toBe(id)
  })

  it('an id stays what it was: receivers know deliveries by it', () => {
    expect(webhookId('evt_1', 'sub_1')).toBe('msg_QTWV8YD09ZKF0R18MAFXV2DTQJ')
    expect(capturedEventId('pim', '0001-000000000152BAC0-00000002')).toBe('evt_2G9XPMA1HR88R3TB5BFMK37483')
  })

  it('the parts of an id cannot be shifted into each other', () => {
    expect(upstreamEventId('a', 'bc', 'd')).not.toBe(upstreamEventId('ab', 'c', 'd'))
    expect(webhookId('evt_1', 'sub_1')).toMatch(/^msg_[0-9A-Z]{26}$/)
  })

  it('new ids carry their prefix and never repeat', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => newId('app')))
    expect(ids.size).toBe(1000)
    expect([...ids][0]).toMatch(/^app_[0-9A-HJKMNP-TV-Z]{26}$/)
  })
})
