/**
 * Tracks how far Postgres may release the WAL. `durable` is the LSN *after* a commit, or the end of WAL that a keepalive reports.
 *
 * Invariant: `durable` never passes a transaction that was received and is not settled, because Postgres would not send that transaction
 * again.
 */
export class DurablePosition {
  private durable: bigint
  /** Commit LSN of the last transaction whose begin was received; transactions arrive in the order of their commits. */
  private begun = -1n

  /** @param confirmed the LSN that the slot has confirmed */
  constructor(confirmed: bigint) {
    this.durable = confirmed
  }

  /** Everything before this LSN is published, or does not concern this source. */
  get lsn(): bigint {
    return this.durable
  }

  /** The furthest known LSN: that of the last transaction that arrived, or `lsn` if it is further. */
  get furthest(): bigint {
    return this.begun > this.durable ? this.begun : this.durable
  }

  /** Call when the begin of a transaction arrives, not when it is processed, because a keepalive overtakes queued messages. */
  received(commitLsn: bigint): void {
    this.begun = commitLsn
  }

  /** Call when the transaction that ends here, and all earlier transactions, are durable elsewhere. */
  settled(commitEndLsn: bigint): void {
    if (commitEndLsn > this.durable) this.durable = commitEndLsn
  }

  /**
   * Call when the server reports that it has sent everything up to `endLsn`. Moves `lsn` only while every received transaction is settled;
   * otherwise an unsettled transaction would be lost.
   */
  keepalive(endLsn: bigint): void {
    if (this.begun < this.durable && endLsn > this.durable) this.durable = endLsn
  }
}
