import type { Clock, TopicPartition } from '@hooklane/core/kernel'
import type { Logger } from '@hooklane/observability'

export interface CommittedStartsOptions {
  readonly clock: Pick<Clock, 'after'>
  /** Where to go on in a topic, by partition: the group's commit, or the log's start where there is none or retention has passed it. */
  readonly startOffsets: (topic: string) => Promise<ReadonlyMap<number, bigint>>
  /** The partitions that were asked for last can be read from these offsets on. */
  readonly onFound: (starts: readonly PartitionStart[]) => void
  readonly logger: Pick<Logger, 'warn'>
}

export interface PartitionStart {
  readonly at: TopicPartition
  readonly offset: bigint
}

const TRY_AGAIN_MS = 1_000

/** Finds out where partitions go on, and tries again until it is known. What was asked for before the last rebalance is forgotten. */
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
