import type { Time } from '@hooklane/core/kernel'

const WINDOW_MS = 60_000
/** Number of addresses remembered. Without a limit, an attacker with many addresses could fill the memory. */
const MAX_ADDRESSES = 10_000

/** Counts wrong keys per address and minute. A valid key is always accepted, because several clients may share an address. */
export class FailedAttempts {
  private readonly counts = new Map<string, { startedMs: number; count: number }>()

  constructor(
    private readonly clock: Time,
    private readonly maxPerMinute: number,
  ) {}

  /** Counts one wrong key. Returns the seconds that the address must wait if it has sent too many wrong keys, else null. */
  add(address: string): number | null {
    const nowMs = this.clock.monotonicMs()
    const before = this.counts.get(address)
    const current = before && nowMs - before.startedMs < WINDOW_MS ? before : { startedMs: nowMs, count: 0 }
    current.count++
    // The entry is deleted and inserted again, so that the map stays ordered by the last failure and its first entry is the oldest.
    this.counts.delete(address)
    this.counts.set(address, current)
    this.dropOldest()
    return current.count > this.maxPerMinute ? Math.ceil((current.startedMs + WINDOW_MS - nowMs) / 1000) : null
  }

  private dropOldest(): void {
    if (this.counts.size <= MAX_ADDRESSES) return
    const oldest = this.counts.keys().next()
    if (!oldest.done) this.counts.delete(oldest.value)
  }
}
