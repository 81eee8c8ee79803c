import { describe, expect, it } from '@jest/globals'
import { parseUrl } from './parse-url.js'

/** Far more calls than the compiler waits for before it compiles a function, and with it the native call inside. */
const HOT = 20_000

describe('parseUrl', () => {
  it.each([
    ['https://shop.example.com/a', 'https://shop.example.com/a'],
    ['https://münchen.de/ü', 'https://xn--mnchen-3ya.de/%C3%BC'],
    ['https://example.com/é', 'https://example.com/%C3%A9'],
    ['https://日本.example/', 'https://xn--wgv71a.example/'],
    ['no url', undefined],
    ['/path/only', undefined],
    ['https://', undefined],
    ['', undefined],
  ])('reads %j alike the first time and in a process that has read many', (text, href) => {
    const answers = new Set<string | undefined>()
    for (let call = 0; call < HOT; call++) answers.add(parseUrl(text)?.href)
    expect([...answers]).toEqual([href])
  })
})
