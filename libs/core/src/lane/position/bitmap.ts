/**
 * The stored form of the offsets that are done from the position on. Bit i stands for `position + i`; bit 0 is the least significant bit of
 * the first byte. Zero bytes at the end are left out, so an empty buffer means that nothing is done. Every byte sequence is a valid bitmap.
 */

export const EMPTY_BITMAP: Buffer = Buffer.alloc(0)

/** @param done distances from the position, each ≥ 0, in any order */
export function encodeBitmap(done: Iterable<number>): Buffer {
  const distances = [...done]
  let highest = -1
  for (const distance of distances) if (distance > highest) highest = distance
  const bytes = Buffer.alloc((highest >> 3) + 1)
  for (const distance of distances) bytes[distance >> 3] = (bytes[distance >> 3] ?? 0) | (1 << (distance & 7))
  return bytes
}

/** Distances from the position, ascending. */
export function decodeBitmap(bytes: Uint8Array): number[] {
  const done: number[] = []
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    for (let bit = 0; byte >> bit !== 0; bit++) if ((byte >> bit) & 1) done.push(index * 8 + bit)
  }
  return done
}
