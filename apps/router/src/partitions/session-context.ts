import type { TopicNames } from '@hooklane/contracts/records'
import type { Clock, Time } from '@hooklane/core/kernel'
import type { BatchLimits, PartitionRouterSettings, RouterLog, RoutingConfiguration } from '@hooklane/core/routing'
import type { Logger, QuarantineReporting } from '@hooklane/observability'
import type { RouterMetrics } from '../metrics.js'

/** Everything that all partition sessions of a process share. */
export interface SessionContext {
  readonly topics: TopicNames
  readonly log: RouterLog
  readonly configuration: RoutingConfiguration
  readonly routing: PartitionRouterSettings
  readonly limits: BatchLimits
  readonly clock: Time & Pick<Clock, 'after'>
  readonly metrics: RouterMetrics
  readonly logger: Logger
  readonly quarantine: QuarantineReporting
  /** Monotonic instant of the last heartbeat that the group's coordinator answered. */
  readonly lastHeartbeatMs: () => number | null
  /** Called when the state of a partition changed, for example when it was acquired, lost, or began to wait. */
  onChange(): void
}
