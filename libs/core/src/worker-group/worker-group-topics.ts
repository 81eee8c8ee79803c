import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'

export interface NotReadyOptions {
  readonly cause?: unknown
  /** True: Kafka did not answer, so it is unknown whether the topics exist, and a later try may succeed. Default false: Kafka answered. */
  readonly isUnanswered?: boolean
}

/** The group's topics do not exist and this service may not create them, or they have the wrong settings, or Kafka does not answer. */
export class WorkerGroupNotReady extends Error {
  readonly code = 'WORKER_GROUP_NOT_READY'
  /** @param topics one line for each topic that an administrator must create or change, with its partition count */
  constructor(
    readonly workerGroup: string,
    readonly topics: readonly string[],
    { isUnanswered = false, ...options }: NotReadyOptions = {},
  ) {
    const list = topics.join(', ')
    const message = isUnanswered
      ? `the worker group ${workerGroup} is not ready: Kafka does not answer, so its topics cannot be created now (${list}); try again`
      : `the worker group ${workerGroup} needs topics that do not exist or have the wrong settings: ${list}`
    super(message, options)
    this.name = 'WorkerGroupNotReady'
  }
}

/** Creates and removes the topics of worker groups. */
export interface WorkerGroupTopics {
  /**
   * Resolves when the group's topics exist with the right partitions.
   * @throws WorkerGroupNotReady
   */
  ensure(group: WorkerGroupConfiguration): Promise<void>
  /**
   * Removes the topics of groups that are no longer served, and the offsets that their readers committed. Idempotent. Returns the names of
   * the groups whose topics are gone. The topics of the other groups still have readers.
   */
  remove(groups: readonly WorkerGroupConfiguration[]): Promise<readonly string[]>
}

/** The number of records that wait in a worker group's topic, or the reason why it is unknown. */
export type WorkerGroupBacklog =
  | { readonly records: number; readonly reason: null }
  | { readonly records: null; readonly reason: 'KAFKA_UNAVAILABLE' | 'TOPIC_MISSING' }

/** Counts the records that wait in the topics of worker groups. */
export interface WorkerGroupBacklogs {
  /** Returns the backlog of each group. Never rejects. Resolves within seconds, even when Kafka does not answer. */
  of(groups: readonly string[]): Promise<ReadonlyMap<string, WorkerGroupBacklog>>
}
