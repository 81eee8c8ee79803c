import { describe, expect, it } from '@jest/globals'
import { murmur2, partitionOfKey } from './murmur2.js'

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('gives %s the hash of the Java client', (text, hash) => {
    expect(murmur2(Buffer.from(text)) | 0).toBe(hash)
  })

  it('never names a partition that does not exist', () => {
    for (let n = 0; n < 1000; n++) {
      const partition = partitionOfKey(Buffer.from(`key-${n}`), 7)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(7)
    }
  })
})
