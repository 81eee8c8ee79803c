const SEED = 0x9747b28c
const M = 0x5bd1e995

/** MurmurHash2, 32 bits, as Kafka's Java client computes it. Unsigned. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const words = length >> 2
  let hash = (SEED ^ length) | 0
  for (let word = 0; word < words; word++) {
    const at = word << 2
    let k = byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    hash = Math.imul(hash, M) ^ Math.imul(k, M)
  }
  const tail = words << 2
  const rest = length & 3
  if (rest === 3) hash ^= byte(bytes, tail + 2) << 16
  if (rest >= 2) hash ^= byte(bytes, tail + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ byte(bytes, tail), M)
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  hash ^= hash >>> 15
  return hash >>> 0
}

/** The byte at `at`, which is always below the length. */
const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/**
 * Partition of a key as the Java client's default partitioner chooses it (librdkafka: `murmur2_random`, kafkajs: `DefaultPartitioner`): a
 * record in another partition would break the order of the records with its key.
 */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
