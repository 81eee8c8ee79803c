import { describe, expect, it } from '@jest/globals'
import { maskHeaders, maskUrl } from './mask.js'

describe('masking', () => {
  it.each([
    ['https://shop.example.com/hooks', 'https://shop.example.com/hooks'],
    ['https://shop.example.com/hooks?key=canary&a=&a=canary', 'https://shop.example.com/hooks?key=***&a=***&a=***'],
    ['https://user:canary@shop.example.com:8443/#canary', 'https://shop.example.com:8443/'],
    ['canary', '***'],
  ])('%s is written down as %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked)
  })

  it('hides the values of secret headers and of those that usually hold credentials', () => {
    const headers = {
      'X-Shop': 'a',
      'X-Mine': 'canary',
      Authorization: 'canary',
      'x-api-key': 'canary',
      'webhook-id': 'msg_1',
    }
    expect(maskHeaders(headers, ['x-mine'])).toEqual({
      ...{ 'X-Shop': 'a', 'X-Mine': '***', Authorization: '***', 'x-api-key': '***', 'webhook-id': 'msg_1' },
    })
  })
})
