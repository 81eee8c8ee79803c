import { setTimeout as delay } from 'node:timers/promises'
import { prepareSource, slotLag } from '../preparation/prepare-source.js'
import type { SlotLag } from '../preparation/ensure-slot.js'
import type { ReplicatedSource } from '../replicated-source.js'
import { consumerFailure, type SourceRefused } from '../source-refused.js'
import { ReplicationSession } from './replication-session.js'
import type { TransactionConsumer } from './transaction-consumer.js'

/** First pause after a failure; it doubles up to the longest. Shorter floods a database that starts, longer keeps changes waiting. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

export type StreamState =
  | { readonly phase: 'preparing' | 'streaming' | 'stopped' }
  /** Tried again after `retryInMs`. */
  | { readonly phase: 'failing'; readonly error: SourceRefused; readonly retryInMs: number }

export interface ReplicationStreamOptions {
  readonly source: ReplicatedSource
  readonly consumer: TransactionConsumer
  /** Told at every change, and at every failure. Must not throw. */
  readonly onState: (state: StreamState) => void
  /** Shown in `pg_stat_activity` and `pg_stat_replication`. */
  readonly applicationName: string
  /** Replace a slot that has lost log instead of refusing. Default false. */
  readonly replaceLostSlot?: boolean
}

/**
 * The committed transactions of one source, in the order of their commits, each whole, at least once.
 *
 * It connects, prepares what is missing (publication, slot), streams, and begins anew after any failure for as long as it is not
 * stopped: the database's absence, a table that is not as it must be, another reader on the slot, an error of the consumer. A transaction
 * that was not acknowledged comes again after that.
 *
 * States: preparing → streaming → failing → preparing …; stopped from anywhere.
 */
export class ReplicationStream {
  private readonly stopping = new AbortController()
  private session: ReplicationSession | null = null
  private running: Promise<void> | null = null
  private pauseMs = FIRST_PAUSE_MS

  constructor(private readonly options: ReplicationStreamOptions) {}

  /** Begins; returns at once. Call once. */
  start(): void {
    this.running ??= this.run()
  }

  /**
   * Lets Postgres release the log up to `commitEndLsn`: this transaction and all before it are durable elsewhere. Without a connection it
   * does nothing: the transactions will come again and can be acknowledged then.
   */
  acknowledge(commitEndLsn: bigint): void {
    this.session?.acknowledge(commitEndLsn)
  }

  /** Reads no further and resolves when the consumer's running call has ended and the last acknowledgement is sent. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.session?.stop()
    await this.running
  }

  /** @throws SourceRefused when the database does not answer */
  lag(): Promise<SlotLag | null> {
    const { source, applicationName } = this.options
    return slotLag(source, { applicationName, signal: this.stopping.signal })
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      try {
        await this.streamOnce()
      } catch (error) {
        if (!this.isStopping()) await this.pause(consumerFailure(error))
      }
    }
    this.options.onState({ phase: 'stopped' })
  }

  private async streamOnce(): Promise<void> {
    const { source, consumer, applicationName, onState } = this.options
    onState({ phase: 'preparing' })
    const slot = await prepareSource(source, {
      applicationName,
      signal: this.stopping.signal,
      replaceLost: this.options.replaceLostSlot ?? false,
      beforeCreate: () => consumer.beforeSlotIsMade?.() ?? Promise.resolve(),
    })
    try {
      await consumer.connected(slot)
      this.session = new ReplicationSession({
        source,
        slot,
        consumer,
        applicationName,
        onStreaming: () => this.streaming(),
      })
      if (this.isStopping()) this.session.stop()
      await this.session.run()
    } finally {
      this.session = null
    }
  }

  private streaming(): void {
    this.pauseMs = FIRST_PAUSE_MS
    this.options.onState({ phase: 'streaming' })
  }

  private async pause(error: SourceRefused): Promise<void> {
    const retryInMs = this.pauseMs
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS)
    this.options.onState({ phase: 'failing', error, retryInMs })
    try {
      await delay(retryInMs, undefined, { signal: this.stopping.signal })
    } catch (interrupted) {
      if (!this.isStopping()) throw interrupted
    }
  }
}
