/** Partition → offset. */
export type TopicOffsets = ReadonlyMap<number, bigint>

/**
 * From where the topic has to be read back at a start, to find what stands behind a position.
 *
 * Why the offsets are safe: what was not enqueued by the time Kafka named the ends of the partitions, by this process or one before it, can
 * only be appended behind them. So they are used once everything that was enqueued by then is durable: every event behind the durable
 * position stands at these offsets or behind them. Until then the older ones stay, which are safe with any later position.
 */
export class ReadBackOffsets {
  /** Null: no newer offsets wait. */
  private ahead: { readonly offsets: TopicOffsets; readonly enqueued: string } | null = null

  /** @param current safe with the position that is durable now */
  constructor(public current: TopicOffsets = new Map()) {}

  /** Those that wait come first: a source that never rests would move them on for ever. */
  get isWaiting(): boolean {
    return this.ahead !== null
  }

  /** @param enqueued the last position that may be in Kafka, as known after the answer */
  take(offsets: TopicOffsets, enqueued: string, durable: string): void {
    this.ahead = { offsets, enqueued }
    this.reached(durable)
  }

  /** Everything up to this position is in Kafka. */
  reached(durable: string): void {
    if (!this.ahead || this.ahead.enqueued > durable) return
    this.current = this.ahead.offsets
    this.ahead = null
  }
}
