import type { WorkerGroupTopics } from '@hooklane/core/lane'
import type { Logger } from '@hooklane/observability'
import { OPERATOR_SCOPE, type TenantDatabase } from '@hooklane/postgres'

/**
 * Removes the worker groups of deleted apps. Each step is taken when the one before stands in the database, and may be taken again, so that it does
 * not matter where a process ends, nor how many do this at once:
 *
 * 1. The app is deleted: its stream and its group are *ended* (`AppsService`). The router writes the stream's end behind the last delivery.
 * 2. A dispatcher comes to that end: everything before it is settled, and the stream is too.
 * 3. The group is *closed*: the configuration says that it is gone, and nobody is given a lease of it any more. Dispatchers leave.
 * 4. Nobody holds a lease and nobody reads: the topics go, then the rows of partitions and lanes. The group is *removed*.
 */
export class GroupRemoval {
  constructor(
    private readonly database: TenantDatabase,
    private readonly topics: WorkerGroupTopics,
    private readonly logger: Logger,
  ) {}

  /** Takes every step that can be taken now. */
  async sweep(): Promise<void> {
    await this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      await tables.configuration.removeAll('endedStream', await tables.endedStreams.takeSettled())
      await tables.workerGroupRemovals.endForgotten()
      await tables.configuration.removeAll('workerGroup', await tables.workerGroupRemovals.close())
    })
    const groups = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroupRemovals.removable())
    if (groups.length === 0) return
    const removed = await this.topics.remove(groups)
    if (removed.length === 0) return
    await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroupRemovals.remove(removed))
    this.logger.info({ groups: removed }, 'worker groups of deleted apps were removed')
  }

  /** The app of a reserved group was not made. Never rejects: what is left is found by a later sweep. */
  async abandon(name: string): Promise<void> {
    try {
      await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroups.abandon(name))
      await this.sweep()
    } catch (error) {
      this.logger.warn({ error, group: name }, 'the topics of an app that was not made could not be removed yet')
    }
  }
}
