import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { maskHeaders } from './mask-headers.js'
import { holdsMask, maskCredentialParameters, shownUrl } from './shown-url.js'

describe('a URL that is shown', () => {
  it.each([
    ['https://shop.example.com', 'https://shop.example.com/'],
    ['https://shop.example.com/hooks', 'https://shop.example.com/hooks'],
    ['https://shop.example.com:8443/hooks/', 'https://shop.example.com:8443/hooks/'],
    ['https://[2606:4700::1111]/v1', 'https://[2606:4700::1111]/v1'],
    ['https://shop.example.com/hooks?key=canary&a=&a=canary', 'https://shop.example.com/hooks?key=***&a=***&a=***'],
    ['https://user:canary@shop.example.com:8443/#canary', 'https://shop.example.com:8443/'],
    ['https://hooks.slack.com/services/T024BE7LD/B1/canary', 'https://hooks.slack.com/services/***'],
    ['https://hooks.zapier.com/hooks/catch/1/canary/', 'https://hooks.zapier.com/hooks/***'],
    ['https://hook.eu2.make.com/7edecv6qvhiyj3bwz8tsxg3rrskvqpo1', 'https://hook.eu2.make.com/***'],
    ['https://discord.com/api/webhooks/1/canary?wait=true', 'https://discord.com/api/***?wait=***'],
    ['https://shop.example.com/?canary4711', 'https://shop.example.com/?***'],
    ['https://shop.example.com/?canary4711=1&&b', 'https://shop.example.com/?***=***&***'],
    ['https://shop.example.com/?&', 'https://shop.example.com/'],
    ['canary', '***'],
    ['', '***'],
  ])('%s: %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown)
    expect(shownUrl(shown)).toBe(shown)
  })

  it('never shows more the second time, and says where something is hidden', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const shown = shownUrl(url)
        expect(shownUrl(shown)).toBe(shown)
        const { pathname, search, origin } = new URL(url)
        // Parameters without name and value are left out.
        const whole = origin + pathname + (/^\?&*$/.test(search) ? '' : search)
        if (shown !== whole) expect([url, holdsMask(shown)]).toEqual([url, true])
      }),
    )
  })

  it.each([
    ['https://shop.example.com/hooks/***', true],
    ['https://shop.example.com/***', true],
    ['https://shop.example.com/hooks?a=1&key=***', true],
    ['https://shop.example.com/?***', true],
    ['https://shop.example.com/a***b?c=****', false],
    ['https://shop.example.com/hooks?key=1', false],
    ['***', false],
  ])('%s was copied from where it was shown: %s', (url, isCopied) => {
    expect(holdsMask(url)).toBe(isCopied)
  })
})

describe('a URL of a receiver', () => {
  it.each([
    ['/login?next=/hooks&access_token=canary#sig=canary', '/login?next=/hooks&access_token=***#sig=***'],
    ['https://a.example.com/b/?API%5FKEY=canary', 'https://a.example.com/b/?API%5FKEY=***'],
    ['/hooks/', '/hooks/'],
  ])('%s is written down as %s', (url, masked) => {
    expect(maskCredentialParameters(url)).toBe(masked)
  })
})

describe('headers', () => {
  it('hide the values of those that are named, and no others', () => {
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
})
