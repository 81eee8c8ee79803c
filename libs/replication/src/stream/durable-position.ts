/**
 * How far the WAL may be released. Every LSN is the place *after* something: after a commit, or the end of WAL that a keepalive reports.
 *
 * Invariant: `durable` never passes a transaction that was received and is not settled, because Postgres would not send it again.
 */
export class DurablePosition {
  private durable: bigint
  /** Commit LSN of the last transaction whose begin was received; transactions arrive in the order of their commits. */
  private begun = -1n

  /** @param confirmed what the slot has confirmed */
  constructor(confirmed: bigint) {
    this.durable = confirmed
  }

  /** Everything before this is published, or does not concern this source. */
  get lsn(): bigint {
    return this.durable
  }

  /** The furthest known place: the last transaction that arrived, or the end of what is durable. */
  get furthest(): bigint {
    return this.begun > this.durable ? this.begun : this.durable
  }

  /** Call when the bytes arrive, not when they are processed: a keepalive overtakes queued messages. */
  received(commitLsn: bigint): void {
    this.begun = commitLsn
  }

  /** The transaction that ends here, and all before it, are durable elsewhere. */
  settled(commitEndLsn: bigint): void {
    if (commitEndLsn > this.durable) this.durable = commitEndLsn
  }

  /**
   * The server has sent everything up to `endLsn`. This counts only while every received transaction is settled; otherwise an unsettled one
   * would be skipped.
   */
  keepalive(endLsn: bigint): void {
    if (this.begun < this.durable && endLsn > this.durable) this.durable = endLsn
  }
}
