import type { WorkerGroupConfiguration } from '@hooklane/contracts'

/** The group's topics do not stand and cannot be made with our rights, or stand with other partition counts. */
export class WorkerGroupNotReady extends Error {
  readonly code = 'WORKER_GROUP_NOT_READY'
  /** @param topics what somebody with the right must create, one line each, partition count included */
  constructor(
    readonly workerGroup: string,
    readonly topics: readonly string[],
    options?: { cause?: unknown },
  ) {
    super(`the worker group ${workerGroup} needs topics that do not stand: ${topics.join(', ')}`, options)
    this.name = 'WorkerGroupNotReady'
  }
}

/** Brings the topics of worker groups into being. */
export interface WorkerGroupTopics {
  /**
   * Resolves when the group's topics stand with the right partitions.
   * @throws WorkerGroupNotReady
   */
  ensure(group: WorkerGroupConfiguration): Promise<void>
}
