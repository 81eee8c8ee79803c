import type { Admin } from 'kafkajs'
import { pause, processTimers, type LogAdmin, type PartitionOffsets, type TopicPartition } from '@hooklane/core/kernel'
import { GIVE_UP_AFTER_MS, type KafkaClient } from '../client/kafka-client.js'
import { hasErrorType, LogError } from '../client/errors.js'
import { groupBy } from '../group-by.js'
import { SharedAdmin } from './shared-admin.js'

/** The progress of one group in one partition. */
export interface PartitionLag extends TopicPartition {
  readonly low: bigint
  readonly high: bigint
  /** Null when the group never committed, or its commit was invalidated. */
  readonly committed: bigint | null
  /**
   * Number of offsets from the commit (without a commit: from the log's start) to the end. Markers have offsets too, so there may be fewer
   * records.
   */
  readonly lag: bigint
}

/** Queries the cluster, and reads and writes the committed offsets of groups. Every call fails after `GIVE_UP_AFTER_MS`, unless noted. */
export class KafkaLogAdmin implements LogAdmin {
  private readonly admin: SharedAdmin

  constructor(client: KafkaClient) {
    this.admin = new SharedAdmin(client)
  }

  /**
   * While a transaction is open, `high` is the offset of its first record, because nothing from there on can be read yet. Throws
   * `UNKNOWN_TOPIC`.
   */
  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.admin.use(async (admin) => {
      await countPartitions(admin, topic)
      const offsets = await admin.fetchTopicOffsets(topic)
      return offsets
        .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
        .sort((a, b) => a.partition - b.partition)
    })
  }

  /** Returns the number of partitions. Throws `UNKNOWN_TOPIC` within about three seconds when the topic does not exist. */
  async partitionCount(topic: string): Promise<number> {
    return this.admin.use((admin) => countPartitions(admin, topic))
  }

  /**
   * Returns the group's committed offset of every partition of the topic; null for a partition without a commit. While a transaction that
   * commits an offset is open, the result is the previous offset. To rule this out, fence the producer of the transaction first.
   */
  async committedOffsets(group: string, topic: string): Promise<ReadonlyMap<number, bigint | null>> {
    return this.admin.use(async (admin) => {
      await countPartitions(admin, topic)
      const answers = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      const partitions = answers.find((answer) => answer.topic === topic)?.partitions ?? []
      return new Map(
        partitions.map(({ partition, offset }) => [partition, offset.startsWith('-') ? null : BigInt(offset)]),
      )
    })
  }

  /**
   * Writes the group's offsets. The broker refuses this while the group has members. Takes about five seconds per topic, because the client
   * joins the group to do it. Gives up after `GIVE_UP_AFTER_MS` per topic.
   */
  async commitOffsets(
    group: string,
    offsets: readonly (TopicPartition & { readonly offset: bigint })[],
  ): Promise<void> {
    if (offsets.length === 0) return
    const byTopic = groupBy(offsets, (at) => at.topic)
    await this.admin.use(async (admin) => {
      for (const [topic, partitions] of byTopic) {
        await admin.setOffsets({
          groupId: group,
          topic,
          partitions: partitions.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
        })
      }
    }, GIVE_UP_AFTER_MS * byTopic.size)
  }

  /** Deletes the group and its commits. A missing group is not an error. The broker refuses this while the group has members. */
  async deleteGroup(group: string): Promise<void> {
    await this.admin.use(async (admin) => {
      try {
        await admin.deleteGroups([group])
      } catch (error) {
        if (!isMissingGroup(error)) throw error
      }
    })
  }

  /** Deletes the groups that have no members, with their commits. Returns the groups that no longer exist; the others have members. */
  async deleteUnusedGroups(groups: readonly string[]): Promise<readonly string[]> {
    if (groups.length === 0) return []
    return this.admin.use(async (admin) => {
      try {
        await admin.deleteGroups([...groups])
        return groups
      } catch (error) {
        const refused = new Map(refusalsOf(error).map(({ groupId, errorCode }) => [groupId, errorCode]))
        const known = [...refused.values()].every((code) => code === NON_EMPTY_GROUP || code === GROUP_ID_NOT_FOUND)
        if (refused.size === 0 || !known) throw error
        return groups.filter((group) => refused.get(group) !== NON_EMPTY_GROUP)
      }
    })
  }

  async lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]> {
    const lags: PartitionLag[] = []
    for (const topic of topics) {
      const [offsets, commits] = await Promise.all([this.offsets(topic), this.committedOffsets(group, topic)])
      for (const { partition, low, high } of offsets) {
        const committed = commits.get(partition) ?? null
        const from = committed === null || committed < low ? low : committed
        lags.push({ topic, partition, low, high, committed, lag: high > from ? high - from : 0n })
      }
    }
    return lags
  }
}

const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'
/**
 * How long to ask for a topic that is unknown, because brokers learn of a new topic one after the other. Too low: a new topic counts as
 * missing. Too high: the error for a missing topic is delayed.
 */
const UNKNOWN_TOPIC_PATIENCE_MS = 3000
const UNKNOWN_TOPIC_RETRY_MS = 250

async function countPartitions(admin: Admin, topic: string): Promise<number> {
  const deadline = performance.now() + UNKNOWN_TOPIC_PATIENCE_MS
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const count = topics[0]?.partitions.length ?? 0
      if (count > 0) return count
    } catch (error) {
      if (!hasErrorType(error, UNKNOWN_TOPIC)) throw error
    }
    if (performance.now() > deadline) throw new LogError('UNKNOWN_TOPIC', `the topic ${topic} does not exist`)
    await pause(processTimers, UNKNOWN_TOPIC_RETRY_MS)
  }
}

const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69

interface GroupRefusal {
  readonly groupId: string
  readonly errorCode?: number
}

/** `deleteGroups` reports errors per group in `groups[]`, outside the chain of causes. */
function refusalsOf(error: unknown): readonly GroupRefusal[] {
  const groups: unknown = (error as { groups?: unknown } | null)?.groups
  return Array.isArray(groups) ? (groups as readonly GroupRefusal[]) : []
}

function isMissingGroup(error: unknown): boolean {
  const refusals = refusalsOf(error)
  return refusals.length > 0 && refusals.every(({ errorCode }) => errorCode === GROUP_ID_NOT_FOUND)
}
