import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'

const FORMAT = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** Encrypts (seals) secrets in the database and on the log. A sealed text opens only with its key and the `aad` that it was sealed with. */
export interface Sealer {
  /**
   * `aad` says what the secret is and whose it is (`<companyId>/<subscriptionId>/secret`), so a sealed text that was moved elsewhere does
   * not open.
   */
  seal(plaintext: string, aad: string): string
  /** @throws CannotUnseal */
  unseal(sealed: string, aad: string): string
}

/** A sealed text does not open: the key is unknown, the AAD is wrong, or bytes were changed. The message never contains the text itself. */
export class CannotUnseal extends Error {
  readonly code = 'CANNOT_UNSEAL'
  constructor(
    readonly reason: 'format' | 'unknown_key' | 'authentication',
    options?: { cause?: unknown },
  ) {
    super(`a sealed secret cannot be opened: ${reason}`, options)
    this.name = 'CannotUnseal'
  }
}

/**
 * AES-256-GCM with a random IV of 96 bits; format `v1.<key id>.<base64url of IV, ciphertext and tag>`. The first key, which is the newest,
 * seals; all keys open. The key id is derived from the key, so nobody has to name the keys. Throws a `RangeError` for a key that is not 32
 * bytes.
 */
export function createSealer(keys: readonly Buffer[]): Sealer {
  const ring = new Map<string, KeyObject>()
  for (const key of keys) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a sealing key has ${KEY_BYTES} bytes, not ${key.length}`)
    ring.set(keyIdOf(key), createSecretKey(key))
  }
  const newest = ring.entries().next()
  if (newest.done) throw new RangeError('sealing needs at least one key')
  const [newestId, newestKey] = newest.value

  return {
    seal(plaintext, aad) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newestKey, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(boundAad(newestId, aad))
      const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${FORMAT}.${newestId}.${sealed.toString('base64url')}`
    },
    unseal(sealed, aad) {
      const { keyId, bytes } = parse(sealed)
      const key = ring.get(keyId)
      if (!key) throw new CannotUnseal('unknown_key')
      return open(key, bytes, boundAad(keyId, aad))
    },
  }
}

/** The first 48 bits of a hash of the key. This hash is used for nothing else. */
function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('hooklane sealing key id\0').update(key).digest('hex').slice(0, 12)
}

/** Adds the format and the key id to the AAD, so that they are authenticated too. */
function boundAad(keyId: string, aad: string): Buffer {
  return Buffer.from(`${FORMAT}.${keyId}\0${aad}`, 'utf8')
}

function parse(sealed: string): { keyId: string; bytes: Buffer } {
  const match = /^v1\.([0-9a-f]{12})\.([A-Za-z0-9_-]+)$/.exec(sealed)
  const bytes = Buffer.from(match?.[2] ?? '', 'base64url')
  if (!match?.[1] || bytes.length < IV_BYTES + TAG_BYTES) throw new CannotUnseal('format')
  return { keyId: match[1], bytes }
}

function open(key: KeyObject, bytes: Buffer, aad: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    const body = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES))
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new CannotUnseal('authentication', { cause })
  }
}
