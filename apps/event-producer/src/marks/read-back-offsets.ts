/** Partition → offset. */
export type TopicOffsets = ReadonlyMap<number, bigint>

/**
 * The offsets from which the topic has to be read back at a start to find everything behind a position.
 *
 * `take` gets the ends of the partitions as new offsets. A record that is enqueued after Kafka returned the ends can only be appended
 * behind them. A record that was enqueued earlier, by this process or another one, may lie before them. So the new offsets replace the
 * older ones only when all those earlier records are durable. Until then the older offsets stay; they are safe with any later position.
 */
export class ReadBackOffsets {
  /** Newer offsets that are not safe yet; null: there are none. */
  private ahead: { readonly offsets: TopicOffsets; readonly enqueued: string } | null = null

  /** @param current offsets that are safe with the position that is durable now */
  constructor(public current: TopicOffsets = new Map()) {}

  /** Whether newer offsets wait until they are safe. Do not replace them meanwhile: with a busy source, they would wait for ever. */
  get isWaiting(): boolean {
    return this.ahead !== null
  }

  /** @param enqueued the last position that may be in Kafka, read after the offsets */
  take(offsets: TopicOffsets, enqueued: string, durable: string): void {
    this.ahead = { offsets, enqueued }
    this.reached(durable)
  }

  /** Notes that everything up to this position is in Kafka. */
  reached(durable: string): void {
    if (!this.ahead || this.ahead.enqueued > durable) return
    this.current = this.ahead.offsets
    this.ahead = null
  }
}
