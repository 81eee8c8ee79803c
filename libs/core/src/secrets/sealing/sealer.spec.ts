import { describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { CannotUnseal, createSealer } from './sealer.js'

const reasonOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof CannotUnseal) return error.reason
    throw error
  }
  return 'opened'
}

describe('sealer', () => {
  const key = randomBytes(32)
  const sealer = createSealer([key])

  it('opens what it sealed, and never writes the same text twice', () => {
    const sealed = sealer.seal('whsec_ü', 'cmp_1/sub_1/secret')
    expect(sealed).toMatch(/^v1\.[0-9a-f]{12}\.[A-Za-z0-9_-]+$/)
    expect(sealer.seal('whsec_ü', 'cmp_1/sub_1/secret')).not.toBe(sealed)
    expect(sealer.unseal(sealed, 'cmp_1/sub_1/secret')).toBe('whsec_ü')
    expect(sealer.unseal(sealer.seal('', 'a'), 'a')).toBe('')
  })

  it('does not open a ciphertext that was moved to another company, subscription or column', () => {
    const one = sealer.seal('one', 'cmp_1/sub_1/secret')
    const two = sealer.seal('two', 'cmp_2/sub_2/secret')
    expect(reasonOf(() => sealer.unseal(one, 'cmp_2/sub_2/secret'))).toBe('authentication')
    expect(reasonOf(() => sealer.unseal(two, 'cmp_1/sub_1/secret'))).toBe('authentication')
    expect(reasonOf(() => sealer.unseal(one, 'cmp_1/sub_1/header'))).toBe('authentication')
  })

  it('does not open a text of which any single byte was changed', () => {
    const sealed = sealer.seal('secret', 'a')
    const [version, id, body] = sealed.split('.') as [string, string, string]
    const bytes = Buffer.from(body, 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      expect(reasonOf(() => sealer.unseal(`${version}.${id}.${changed.toString('base64url')}`, 'a'))).toBe(
        'authentication',
      )
    }
  })

  it.each(['', 'v1', 'v1..', 'v1.abc.def', 'v2.000000000000.AAAA', `v1.000000000000.AAAA`, 'v1.0000000000000.!!!!'])(
    'refuses %j as no sealed text',
    (text) => {
      expect(reasonOf(() => sealer.unseal(text, 'a'))).toBe('format')
    },
  )

  it('opens with an older key while the newest one seals', () => {
    const newer = randomBytes(32)
    const old = sealer.seal('kept', 'a')
    const rotated = createSealer([newer, key])
    expect(rotated.unseal(old, 'a')).toBe('kept')
    expect(reasonOf(() => sealer.unseal(rotated.seal('new', 'a'), 'a'))).toBe('unknown_key')
    expect(createSealer([newer]).unseal(rotated.seal('new', 'a'), 'a')).toBe('new')
  })

  it('never says the secret in an error', () => {
    const sealed = sealer.seal('canary', 'a')
    expect(() => sealer.unseal(sealed, 'b')).toThrow(/^a sealed secret cannot be opened: authentication$/)
  })

  it('refuses to start with no key or a short one', () => {
    expect(() => createSealer([])).toThrow(RangeError)
    expect(() => createSealer([randomBytes(16)])).toThrow('a sealing key has 32 bytes, not 16')
  })
})
