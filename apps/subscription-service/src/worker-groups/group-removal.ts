import type { WorkerGroupTopics } from '@hooklane/core/worker-group'
import type { Logger } from '@hooklane/observability'
import { OPERATOR_SCOPE, type TenantDatabase } from '@hooklane/postgres/tenancy'

/**
 * Removes the worker groups of deleted apps in the steps below. Each step starts after the previous one was committed to the database, and
 * can be repeated. A process may therefore stop at any point, and several processes may do the steps at once.
 *
 * 1. `AppsService` deletes the app. Its stream and its group are *ended*. The router writes an end record after the last delivery.
 * 2. A dispatcher reaches the end record. All deliveries before the end record are then settled, so the stream is settled.
 * 3. The group is *closed*: it is removed from the configuration, and no dispatcher gets a lease for it any more. Dispatchers leave it.
 * 4. When no dispatcher holds a lease and the consumer group has no members, the topics are deleted, then the rows of partitions and lanes.
 *    The group is *removed*.
 */
export class GroupRemoval {
  constructor(
    private readonly database: TenantDatabase,
    private readonly topics: WorkerGroupTopics,
    private readonly logger: Logger,
  ) {}

  /** Takes every step that is due. Finds out with one cheap statement whether a step is due at all. */
  async sweepIfDue(): Promise<void> {
    const isDue = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroupRemovals.isDue())
    if (isDue) await this.sweep()
  }

  /** Takes every step that is due. */
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

  /** Removes a reserved group whose app was not created. Never rejects: after an error, a later sweep removes the group. */
  async abandon(name: string): Promise<void> {
    try {
      await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroups.abandon(name))
      await this.sweep()
    } catch (error) {
      this.logger.warn({ error, group: name }, 'the topics of an app that was not created could not be removed yet')
    }
  }
}
