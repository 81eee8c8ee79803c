import type { Clock, TopicPartition } from '@hooklane/core/kernel'
import type { Logger } from '@hooklane/observability'

export interface CommittedStartsOptions {
  readonly clock: Pick<Clock, 'after'>
  /**
   * Start offsets of a topic by partition: the committed offset of the group, or the start of the log if no offset is committed or the
   * committed one has expired.
   */
  readonly startOffsets: (topic: string) => Promise<ReadonlyMap<number, bigint>>
  /** Called with the start offsets of the partitions that were last passed to `find`. */
  readonly onFound: (starts: readonly PartitionStart[]) => void
  readonly logger: Pick<Logger, 'warn'>
}

export interface PartitionStart {
  readonly at: TopicPartition
  readonly offset: bigint
}

const TRY_AGAIN_MS = 1_000

/** Looks up the start offsets of partitions, and retries until they are known. A newer call of `find` cancels the earlier ones. */
export class CommittedStarts {
  private generation = 0

  constructor(private readonly options: CommittedStartsOptions) {}

  find(partitions: readonly TopicPartition[]): void {
    this.generation += 1
    void this.tryToFind(partitions, this.generation)
  }

  private async tryToFind(partitions: readonly TopicPartition[], generation: number): Promise<void> {
    const { clock, startOffsets, onFound, logger } = this.options
    try {
      const topics = [...new Set(partitions.map((at) => at.topic))]
      const offsets = new Map(
        await Promise.all(topics.map(async (topic) => [topic, await startOffsets(topic)] as const)),
      )
      if (generation !== this.generation) return
      onFound(partitions.map((at) => ({ at, offset: offsets.get(at.topic)?.get(at.partition) ?? 0n })))
    } catch (error) {
      if (generation !== this.generation) return
      logger.warn({ error }, 'the committed offsets could not be read; trying again')
      clock.after(TRY_AGAIN_MS, () => {
        if (generation === this.generation) void this.tryToFind(partitions, generation)
      })
    }
  }
}
