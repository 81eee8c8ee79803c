import { describe, expect, it } from '@jest/globals'
import { createApiKey, isSameDigest, parseApiKey } from './api-key.js'

describe('API keys', () => {
  it.each(['operator', 'company', 'app'] as const)('an %s key is read back as it was made', (kind) => {
    for (let i = 0; i < 200; i++) {
      const { text, ...made } = createApiKey(kind)
      expect(parseApiKey(text)).toEqual(made)
    }
  })

  it('a changed character anywhere makes it no key or another secret', () => {
    const { text, digest } = createApiKey('company')
    for (let i = 0; i < text.length; i++) {
      const other = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
      const parsed = parseApiKey(other)
      expect(parsed === null || !isSameDigest(parsed.digest, digest)).toBe(true)
      expect(parsed).toBeNull()
    }
  })

  it.each(['', 'hkc_', 'Bearer', 'hkx_0123456789ABCDEF_x_00000000', 'hkc_a\0b', 'hkc_'.repeat(50_000)])(
    'refuses %j without looking further',
    (text) => expect(parseApiKey(text)).toBeNull(),
  )

  it.each([`hkc_0123456789ABCDEF_${'A'.repeat(43)}_59f89821`, `hko_0123456789ABCDEF_${'A'.repeat(43)}_5c8c0365`])(
    'reads %s, whose checksum another tool has made',
    (text) => expect(parseApiKey(text)).not.toBeNull(),
  )
})
