import { hash, randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Crockford's base32, upper case, most significant bits first; the last character is padded with zero bits. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET.charAt((buffer >>> bits) & 31)
    }
    buffer &= (1 << bits) - 1
  }
  return bits > 0 ? text + ALPHABET.charAt((buffer << (5 - bits)) & 31) : text
}

/** Hexadecimal digits that hold the 130 bits of an id. */
const ID_HEX_DIGITS = 34

/** The first 26 characters of base32(SHA-256(parts joined by NUL)): 130 bits. */
function digestId(...parts: readonly string[]): string {
  // One call with text takes a third of the CPU of a hash object, and every delivery needs an id.
  const digest = hash('sha256', parts.join('\0'), 'hex')
  return base32(Buffer.from(digest.slice(0, ID_HEX_DIGITS), 'hex')).slice(0, 26)
}

/** Id of a captured event: the same change read twice has the same id. */
export const capturedEventId = (producer: string, position: string): string => `evt_${digestId(producer, position)}`

/** Id of an event to which its producer has given an id of its own. */
export const upstreamEventId = (companyId: string, producer: string, ownId: string): string =>
  `evt_${digestId(companyId, producer, ownId)}`

/** `webhook-id`: one per event and subscription, the same for every attempt and every repeated delivery. */
export const webhookId = (eventId: string, subscriptionId: string): string => `msg_${digestId(eventId, subscriptionId)}`

const RANDOM_ID_BYTES = 17
/** Number of ids whose random bytes are drawn at once, because a draw is expensive and every attempt needs an id. */
const IDS_PER_DRAW = 128
const drawn = Buffer.alloc(RANDOM_ID_BYTES * IDS_PER_DRAW)
/** Index in `drawn` at which the bytes of the next id begin. The bytes before it are used up. */
let nextDrawn = drawn.length

function randomIdBytes(): Uint8Array {
  if (nextDrawn === drawn.length) {
    randomFillSync(drawn)
    nextDrawn = 0
  }
  nextDrawn += RANDOM_ID_BYTES
  return drawn.subarray(nextDrawn - RANDOM_ID_BYTES, nextDrawn)
}

/** A new random id of 130 bits for a resource: `app_…`, `sub_…`, `cmp_…`. */
export const newId = (prefix: string): string => `${prefix}_${base32(randomIdBytes()).slice(0, 26)}`
