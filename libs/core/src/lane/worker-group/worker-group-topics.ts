import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'

export interface NotReadyOptions {
  readonly cause?: unknown
  /** The cluster did not answer: whether the topics stand is not known, and asking again later may do. Default: it said no. */
  readonly isUnanswered?: boolean
}

/** The group's topics do not stand and cannot be made with our rights, or stand with other partition counts, or Kafka does not answer. */
export class WorkerGroupNotReady extends Error {
  readonly code = 'WORKER_GROUP_NOT_READY'
  /** @param topics what somebody with the right must create, one line each, partition count included */
  constructor(
    readonly workerGroup: string,
    readonly topics: readonly string[],
    { isUnanswered = false, ...options }: NotReadyOptions = {},
  ) {
    const list = topics.join(', ')
    const message = isUnanswered
      ? `the worker group ${workerGroup} is not ready: Kafka does not answer, so its topics cannot be made now (${list}); try again`
      : `the worker group ${workerGroup} needs topics that do not stand: ${list}`
    super(message, options)
    this.name = 'WorkerGroupNotReady'
  }
}

/** Makes the topics of worker groups, and removes them. */
export interface WorkerGroupTopics {
  /**
   * Resolves when the group's topics exist with the right partitions.
   * @throws WorkerGroupNotReady
   */
  ensure(group: WorkerGroupConfiguration): Promise<void>
  /**
   * Removes the topics of groups that nobody serves any more, and what their readers have committed. Done twice, it ends the same.
   * Returns the names of those that are gone: of the others somebody reads the topics still.
   */
  remove(groups: readonly WorkerGroupConfiguration[]): Promise<readonly string[]>
}

/** What waits in a worker group's topic; why it cannot be told, when it cannot. */
export type WorkerGroupBacklog =
  | { readonly records: number; readonly reason: null }
  | { readonly records: null; readonly reason: 'KAFKA_UNAVAILABLE' | 'TOPIC_MISSING' }

/** Tells what waits in the topics of worker groups. */
export interface WorkerGroupBacklogs {
  /** Of each of the groups. Never rejects, and answers within seconds whatever the cluster does. */
  of(groups: readonly string[]): Promise<ReadonlyMap<string, WorkerGroupBacklog>>
}
