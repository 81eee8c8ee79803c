/** Partition → offset. */
export type TopicOffsets = ReadonlyMap<number, bigint>

/**
 * The offsets from which the topic has to be read back at a start to find everything behind a position.
 *
 * Why they are safe: a record that was not enqueued when Kafka returned the ends of the partitions, by this process or an earlier one, can
 * only be appended behind them. So the ends are used once everything that was enqueued by then is durable: every event behind the durable
 * position is then at these offsets or behind them. Until then the older offsets stay; they are safe with any later position.
 */
export class ReadBackOffsets {
  /** Null: no newer offsets wait. */
  private ahead: { readonly offsets: TopicOffsets; readonly enqueued: string } | null = null

  /** @param current offsets that are safe with the position that is durable now */
  constructor(public current: TopicOffsets = new Map()) {}

  /** Whether newer offsets wait. They are not replaced meanwhile: otherwise a source that never rests would keep them waiting for ever. */
  get isWaiting(): boolean {
    return this.ahead !== null
  }

  /** @param enqueued the last position that may be in Kafka, read after the offsets */
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
