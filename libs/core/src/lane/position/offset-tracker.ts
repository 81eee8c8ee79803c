import { EMPTY_BITMAP } from './bitmap.js'

/**
 * Tracks how far a main partition is done, and so from which position a new owner may start.
 *
 * `low` is the lowest offset that was received and is not done, or `next` if there is none. Offsets that were passed without a record
 * (transaction markers, aborted records) count as done. The offsets above the position that the previous owner had done are restored at the
 * start. They stay in every later snapshot, even beyond the offset up to which this owner has read: otherwise a save would lose progress.
 *
 * Kept as one bit per offset from `base` on: set = done. Invariants: `base ≤ low ≤ next`; below `next` a clear bit is a record in progress;
 * at and above `next` a set bit is a record that the previous owner had done. Bits below `low` are discarded from time to time, so memory
 * grows with `next − low` only.
 */
export class OffsetTracker {
  private bits: Uint8Array
  private base: bigint
  /** Distances from `base`. */
  private lowAt = 0
  private nextAt = 0
  /** One past the last restored bit; 0 when there is none. */
  private restoredEnd: number

  /**
   * @param position lowest offset not done, as saved
   * @param done bitmap as saved with it
   * @param start where reading starts: `position`, or the log's start if that is higher
   */
  constructor(position: bigint, done: Uint8Array | null = null, start = position) {
    this.base = position
    this.bits = new Uint8Array(Math.max(INITIAL_BYTES, done?.length ?? 0))
    if (done) this.bits.set(done)
    this.restoredEnd = (done?.length ?? 0) * 8
    if (start > position) this.advanceTo(start)
  }

  get low(): bigint {
    return this.base + BigInt(this.lowAt)
  }

  get next(): bigint {
    return this.base + BigInt(this.nextAt)
  }

  /** `next − low`. */
  get spread(): number {
    return this.nextAt - this.lowAt
  }

  /**
   * A record was read. Returns false when it is done already. The caller must not pass offsets below `next`, because they were received
   * before.
   */
  receive(offset: bigint): boolean {
    this.advanceTo(offset)
    const at = Number(offset - this.base)
    this.reserve(at + 1)
    this.nextAt = at + 1
    if (!this.has(at)) return true
    this.raiseLow()
    return false
  }

  /** Everything below `offset` was read. An offset below `next` changes nothing. */
  advanceTo(offset: bigint): void {
    if (offset <= this.next) return
    if (this.lowAt === this.nextAt && this.restoredEnd <= this.nextAt) return this.restartAt(offset)
    const to = Number(offset - this.base)
    this.reserve(to)
    this.fill(this.nextAt, to)
    this.nextAt = to
    this.raiseLow()
  }

  /** The record at a received offset is done. Idempotent. */
  done(offset: bigint): void {
    const at = Number(offset - this.base)
    if (at < this.lowAt) return
    this.set(at)
    if (at === this.lowAt) this.raiseLow()
  }

  /** Bitmap of done offsets from `low` on, in the form of `bitmap.ts`. */
  snapshot(): Buffer {
    const end = Math.max(this.nextAt, this.restoredEnd)
    if (this.lowAt >= end) return EMPTY_BITMAP
    const first = this.lowAt >> 3
    const shift = this.lowAt & 7
    const bytes = Buffer.alloc(((end - this.lowAt - 1) >> 3) + 1)
    let length = 0
    for (let i = 0; i < bytes.length; i++) {
      const byte = ((this.bits[first + i] ?? 0) >> shift) | ((this.bits[first + i + 1] ?? 0) << (8 - shift))
      bytes[i] = byte
      if ((byte & 255) !== 0) length = i + 1
    }
    return bytes.subarray(0, length)
  }

  private has(at: number): boolean {
    return ((this.bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0
  }

  private fill(from: number, to: number): void {
    let at = from
    while (at < to && (at & 7) !== 0) this.set(at++)
    if (to - at >= 8) {
      this.bits.fill(255, at >> 3, to >> 3)
      at = to & ~7
    }
    while (at < to) this.set(at++)
  }

  private set(at: number): void {
    this.bits[at >> 3] = (this.bits[at >> 3] ?? 0) | (1 << (at & 7))
  }

  private raiseLow(): void {
    while (this.lowAt < this.nextAt && this.has(this.lowAt)) {
      if ((this.lowAt & 7) === 0 && this.bits[this.lowAt >> 3] === 255 && this.lowAt + 8 <= this.nextAt) this.lowAt += 8
      else this.lowAt += 1
    }
    if (this.lowAt === this.nextAt && this.restoredEnd <= this.nextAt) this.restartAt(this.next)
    else if (this.lowAt >> 3 > this.bits.length >> 1) this.shrink()
  }

  /** Starts over with no bits at `offset`: no record is in progress and no restored bit lies ahead. */
  private restartAt(offset: bigint): void {
    this.bits.fill(0, 0, (this.nextAt >> 3) + 1)
    this.base = offset
    this.lowAt = 0
    this.nextAt = 0
    this.restoredEnd = 0
  }

  private shrink(): void {
    const bytes = this.lowAt >> 3
    this.bits.copyWithin(0, bytes)
    this.bits.fill(0, this.bits.length - bytes)
    this.base += BigInt(bytes * 8)
    this.lowAt -= bytes * 8
    this.nextAt -= bytes * 8
    this.restoredEnd = Math.max(0, this.restoredEnd - bytes * 8)
  }

  private reserve(count: number): void {
    const needed = (count >> 3) + 1
    if (needed <= this.bits.length) return
    const grown = new Uint8Array(Math.max(needed, this.bits.length * 2))
    grown.set(this.bits)
    this.bits = grown
  }
}

/** Initial size of the bitmap. Too high: idle partitions waste memory. Too low: the first batches grow the bitmap several times. */
const INITIAL_BYTES = 64
