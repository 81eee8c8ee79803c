import { hash, randomBytes } from 'node:crypto'

/** Signatures by the Standard Webhooks specification, version `v1` (HMAC-SHA256). */

const PREFIX = 'whsec_'
const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Block size of SHA-256. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32

/**
 * A decoded signing secret: the two pads of HMAC (RFC 2104). Decode it once and keep it: decoding per delivery costs as much as signing.
 */
export interface SigningKey {
  readonly inner: Buffer
  readonly outer: Buffer
}

/** The text is no `whsec_` secret of 24 to 64 bytes. The message never holds the text. */
export class InvalidSigningSecret extends Error {
  readonly code = 'INVALID_SIGNING_SECRET'
  constructor() {
    super(`a signing secret is ${PREFIX} followed by ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes in base64`)
    this.name = 'InvalidSigningSecret'
  }
}

/** A new random secret of 256 bits, in the form that receivers' libraries take. */
export const newSigningSecret = (): string => PREFIX + randomBytes(32).toString('base64')

/** Throws `InvalidSigningSecret`. Base64 is read strictly: a lenient reader turns a typing error into another key, or an empty one. */
export function signingKeyOf(secret: string): SigningKey {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : ''
  const bytes = BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0)
  if (bytes.length < MIN_KEY_BYTES || bytes.length > MAX_KEY_BYTES) throw new InvalidSigningSecret()
  return { inner: pad(bytes, 0x36), outer: pad(bytes, 0x5c) }
}

/** What is signed: exactly the bytes that are sent, and the instant of this attempt. */
export interface SignedContent {
  /** `webhook-id`. */
  readonly id: string
  /** `webhook-timestamp`: seconds since 1970 UTC. */
  readonly timestampSeconds: number
  readonly body: Buffer
}

/** One signature: `v1,<base64>`. */
export function signV1(key: SigningKey, { id, timestampSeconds, body }: SignedContent): string {
  return `v1,${hmacSha256(key, Buffer.from(`${id}.${timestampSeconds}.`, 'utf8'), body)}`
}

/** HMAC in two calls: an HMAC object per delivery costs more than both hashes, and the garbage collector as much again. */
function hmacSha256({ inner, outer }: SigningKey, prefix: Buffer, body: Buffer): string {
  const message = Buffer.concat([inner, prefix, body])
  const digest = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES)
  digest.set(outer)
  digest.write(hash('sha256', message, 'hex'), BLOCK_BYTES, 'hex')
  return hash('sha256', digest, 'base64')
}

/** HMAC hashes keys that are longer than a block first; secrets are never that long. */
function pad(key: Buffer, byte: number): Buffer {
  const padded = Buffer.alloc(BLOCK_BYTES, byte)
  for (const [at, part] of key.entries()) padded[at] = part ^ byte
  return padded
}

/** The value of `webhook-signature`: one signature per valid secret, newest first, separated by spaces. */
export function signatureHeader(keys: readonly SigningKey[], content: SignedContent): string {
  return keys.map((key) => signV1(key, content)).join(' ')
}

/** The value of `Content-Digest` (RFC 9530): `sha-256=:<base64>:`. */
export function contentDigest(body: Buffer): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`
}
