import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { base32 } from '../../kernel/identity/ids.js'

/** `operator` keys (`hko_…`) give access to all companies, `company` keys (`hkc_…`) to one, and `app` keys (`hka_…`) to one app, read-only. */
export type ApiKeyKind = 'operator' | 'company' | 'app'

/** An API key as read from its text. The text itself is shown once and never stored. */
export interface ParsedApiKey {
  readonly kind: ApiKeyKind
  /** Names the key in lists and logs; reveals nothing of the secret. */
  readonly id: string
  /**
   * SHA-256 of the key's 32 random bytes. Only the digest is stored and compared. A slow hash is not needed, because the bytes are random.
   */
  readonly digest: Buffer
}

export interface CreatedApiKey extends ParsedApiKey {
  /** `<prefix><id>_<base64url of 32 random bytes>_<crc32 of what stands before, 8 hex digits>` */
  readonly text: string
}

const PREFIXES = { operator: 'hko_', company: 'hkc_', app: 'hka_' } as const
const KINDS: Readonly<Record<string, ApiKeyKind>> = { hko_: 'operator', hkc_: 'company', hka_: 'app' }
const FORM = /^(hk[oca]_)([0-9A-Z]{16})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})$/

/** A new random key. */
export function createApiKey(kind: ApiKeyKind): CreatedApiKey {
  const id = base32(randomBytes(10))
  const random = randomBytes(32)
  const body = `${PREFIXES[kind]}${id}_${random.toString('base64url')}`
  return { kind, id, digest: sha256(random), text: `${body}_${checksumOf(body)}` }
}

/**
 * Reads a key from its text. Returns null when the form or the checksum is wrong, so a truncated or mistyped key needs no look-up. Whether
 * the key exists, the caller finds out by `id` and `isSameDigest`.
 */
export function parseApiKey(text: string): ParsedApiKey | null {
  const parts = FORM.exec(text)
  if (!parts) return null
  const [, prefix = '', id = '', secret = '', checksum] = parts
  const kind = KINDS[prefix]
  if (!kind || checksumOf(text.slice(0, -9)) !== checksum) return null
  return { kind, id, digest: sha256(Buffer.from(secret, 'base64url')) }
}

/** Compares in constant time. */
export function isSameDigest(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** CRC-32 of the text's UTF-8 bytes, as eight lower-case hex digits. */
const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
