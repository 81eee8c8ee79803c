import { createHmac, createSecretKey, hash, randomBytes, type KeyObject } from 'node:crypto'

/** Signatures by the Standard Webhooks specification, version `v1` (HMAC-SHA256). */

const PREFIX = 'whsec_'
const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** A decoded signing secret. Decode once and keep it: decoding per delivery costs as much as signing. */
export type SigningKey = KeyObject

/** The given text is not a `whsec_` secret of 24 to 64 bytes. The error message never contains that text. */
export class InvalidSigningSecret extends Error {
  readonly code = 'INVALID_SIGNING_SECRET'
  constructor() {
    super(
      `not a signing secret: it must be ${PREFIX} followed by the base64 encoding of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes`,
    )
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
  return createSecretKey(bytes)
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
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64')}`
}

/** The value of `webhook-signature`: one signature per valid secret, newest first, separated by spaces. */
export function signatureHeader(keys: readonly SigningKey[], content: SignedContent): string {
  return keys.map((key) => signV1(key, content)).join(' ')
}

/** The value of `Content-Digest` (RFC 9530): `sha-256=:<base64>:`. */
export function contentDigest(body: Buffer): string {
  return `sha-256=:${hash('sha256', body, 'base64')}:`
}
