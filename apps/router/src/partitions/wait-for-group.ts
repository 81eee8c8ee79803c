import type { Logger } from '@hooklane/observability'
import type { SessionContext } from './session-context.js'
import type { SessionLifetime } from './session-lifetime.js'

/** How often a worker group that is not there is looked for. */
const GROUP_POLL_MS = 500
const GROUP_ALARM_EVERY_MS = 30_000

export interface WantedGroup {
  readonly appId: string
  readonly workerGroup: string
}

/**
 * Resolves when the app has a worker group, or needs none any more because it was deleted or disabled, or when the session has ended. Raises
 * an alarm while it lasts.
 *
 * Without the group there is no topic for the app's delivery. The whole partition waits, although other apps share it: to go on without
 * this delivery would lose it, and to put it aside would let later ones of the app overtake it. It is rare and short: a group's row is
 * written in one transaction with the app, after its topics, so it comes within the second.
 */
export async function waitForGroup(
  wanted: WantedGroup,
  { clock, metrics, configuration }: Pick<SessionContext, 'clock' | 'metrics' | 'configuration'>,
  { logger, lifetime }: { readonly logger: Logger; readonly lifetime: SessionLifetime },
): Promise<void> {
  let alarmAtMs = clock.monotonicMs() + GROUP_POLL_MS
  while (!lifetime.isEnded && isHomeless()) {
    if (clock.monotonicMs() >= alarmAtMs) {
      alarmAtMs += GROUP_ALARM_EVERY_MS
      metrics.incidents.inc({ kind: 'worker_group_missing' })
      logger.error({ alarm: 'worker_group_missing', ...wanted }, 'the partition waits for a worker group')
    }
    await lifetime.pauseFor(GROUP_POLL_MS)
  }

  function isHomeless(): boolean {
    const app = configuration.view.app(wanted.appId)
    return app !== undefined && app.enabled && !configuration.view.hasWorkerGroup(app.workerGroup)
  }
}
