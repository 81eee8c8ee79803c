import { ROUTER_STATE_END_KEY } from '@hooklane/contracts/records'
import type { RoutedBatch, RouterWriter, RoutingView } from '@hooklane/core/routing'
import type { Logger } from '@hooklane/observability'
import { outgoingRecords } from './outgoing-records.js'
import type { SessionContext } from './session-context.js'
import { SessionEnded, type SessionLifetime } from './session-lifetime.js'

export interface PartitionWriterOptions {
  readonly partition: number
  readonly context: Pick<SessionContext, 'log' | 'topics'>
  readonly lifetime: SessionLifetime
  readonly logger: Logger
}

/** The transactional writer of one session. The session can open it again, which replaces the writer. */
export class PartitionWriter {
  #writer: RouterWriter | null = null
  /** Worker groups to whose topics the current writer has written. */
  readonly #groups = new Set<string>()

  constructor(private readonly options: PartitionWriterOptions) {}

  /**
   * Opens a writer, which fences every earlier owner of the partition.
   *
   * @throws SessionEnded when the session ended in the meantime
   */
  async open(): Promise<void> {
    const { context, partition, lifetime } = this.options
    const writer = await context.log.openWriter(partition)
    if (lifetime.isEnded) {
      await writer.close()
      throw new SessionEnded()
    }
    this.#writer = writer
    this.#groups.clear()
  }

  /** Writes the end record, which marks the end of the state that earlier owners wrote. The unique nonce shows that it is our own. */
  async markStateEnd(nonce: string): Promise<void> {
    const { context, partition } = this.options
    const end = { topic: context.topics.routerState, partition, key: ROUTER_STATE_END_KEY, value: nonce }
    await this.#open().commit({ records: [end] })
  }

  /**
   * Writes the batch in one transaction, which also commits the offset if the batch covers events.
   *
   * @throws SessionEnded
   */
  async commit(batch: RoutedBatch, routedAt: string): Promise<void> {
    const { context, partition } = this.options
    const writer = this.#open()
    const records = outgoingRecords(batch, { topics: context.topics, partition, at: routedAt })
    for (const { workerGroup } of [...batch.ends, ...batch.deliveries]) this.#groups.add(workerGroup)
    await writer.commit(batch.nextOffset === null ? { records } : { records, nextOffset: batch.nextOffset })
  }

  /** Whether a worker group that the current writer has written to was removed. */
  hasWrittenToRemovedGroup(view: RoutingView): boolean {
    return [...this.#groups].some((group) => !view.hasWorkerGroup(group))
  }

  async close(): Promise<void> {
    const writer = this.#writer
    this.#writer = null
    try {
      await writer?.close()
    } catch (error) {
      this.options.logger.debug({ error }, 'a writer did not close cleanly')
    }
  }

  #open(): RouterWriter {
    if (!this.#writer || this.options.lifetime.isEnded) throw new SessionEnded()
    return this.#writer
  }
}
