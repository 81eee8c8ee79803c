import { describe, expect, it } from '@jest/globals'
import { isCredentialHeader, maskHeaders, maskUrl } from './mask.js'

describe('masking', () => {
  it.each([
    ['https://shop.example.com/hooks', 'https://shop.example.com/hooks'],
    ['https://shop.example.com/hooks?key=canary&a=&a=canary', 'https://shop.example.com/hooks?key=***&a=***&a=***'],
    ['https://user:canary@shop.example.com:8443/#canary', 'https://shop.example.com:8443/'],
    ['canary', '***'],
  ])('%s is written down as %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked)
  })

  it('hides the values of the headers that are named, and no others', () => {
    const headers = Object.fromEntries([
      ['X-Shop', 'a'],
      ['X-Mine', 'canary'],
      ['__proto__', 'canary'],
    ])
    const masked = maskHeaders(headers, ['X-Mine', '__proto__', 'X-Absent'])
    expect(Object.entries(masked)).toEqual([
      ['X-Shop', 'a'],
      ['X-Mine', '***'],
      ['__proto__', '***'],
    ])
    expect(maskHeaders(headers, [])).toBe(headers)
  })

  it.each([
    ['Authorization', true],
    ['x-api-key', true],
    ['X-Shop-Token', true],
    ['webhook-id', false],
    ['webhook-signature', false],
    ['idempotency-key', false],
  ])('%s usually holds a credential: %s', (name, isCredential) => {
    expect(isCredentialHeader(name)).toBe(isCredential)
  })
})
