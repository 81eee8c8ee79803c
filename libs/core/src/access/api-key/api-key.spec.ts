import { describe, expect, it } from '@jest/globals'
import { crc32 } from 'node:zlib'
import { createApiKey, isSameDigest, parseApiKey } from './api-key.js'
import { crc32Hex } from './crc32.js'

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

  it('the checksum is that of zlib', () => {
    for (const text of ['', 'a', 'hkc_äöü', 'x'.repeat(1000)]) {
      expect(parseInt(crc32Hex(text), 16)).toBe(crc32(text))
    }
  })
})
