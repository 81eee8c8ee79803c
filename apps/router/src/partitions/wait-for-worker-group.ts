import type { Logger } from '@hooklane/observability'
import type { SessionContext } from './session-context.js'
import type { SessionLifetime } from './session-lifetime.js'

/** How often to check whether a missing worker group exists. */
const GROUP_POLL_MS = 500
const GROUP_ALARM_EVERY_MS = 30_000

export interface WantedGroup {
  readonly appId: string
  readonly workerGroup: string
}

/**
 * Resolves when the app's worker group exists, when the app needs no group any more because it was deleted or disabled, or when the session
 * has ended. Raises an alarm while it waits.
 *
 * Without the group there is no topic for the app's delivery. The whole partition waits, although other apps share it. If routing continued
 * without the delivery, the delivery would be lost. If routing set it aside, later deliveries of the app could overtake it.
 *
 * The wait is rare and short, because the group's row is written in the same transaction as the app, after the group's topics were created.
 * The row arrives within a second.
 */
export async function waitForGroup(
  wanted: WantedGroup,
  { clock, metrics, configuration }: Pick<SessionContext, 'clock' | 'metrics' | 'configuration'>,
  { logger, lifetime }: { readonly logger: Logger; readonly lifetime: SessionLifetime },
): Promise<void> {
  let alarmAtMs = clock.monotonicMs() + GROUP_POLL_MS
  while (!lifetime.isEnded && isGroupMissing()) {
    if (clock.monotonicMs() >= alarmAtMs) {
      alarmAtMs += GROUP_ALARM_EVERY_MS
      metrics.incidents.inc({ kind: 'worker_group_missing' })
      logger.error({ alarm: 'worker_group_missing', ...wanted }, 'the partition waits for a worker group')
    }
    await lifetime.pauseFor(GROUP_POLL_MS)
  }

  function isGroupMissing(): boolean {
    const app = configuration.view.app(wanted.appId)
    return app !== undefined && app.enabled && !configuration.view.hasWorkerGroup(app.workerGroup)
  }
}
