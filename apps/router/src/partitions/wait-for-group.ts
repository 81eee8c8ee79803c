import type { Logger } from '@hooklane/observability'
import type { SessionContext } from './session-context.js'

/** How often a worker group that is not there is looked for. */
const GROUP_POLL_MS = 500
const GROUP_ALARM_EVERY_MS = 30_000

export interface WantedGroup {
  readonly appId: string
  readonly workerGroup: string
}

/**
 * Resolves when the app has a worker group, or needs none any more because it was deleted or disabled, or `isEnded`. Raises an alarm
 * while it lasts.
 */
export async function waitForGroup(
  wanted: WantedGroup,
  { clock, metrics, configuration }: Pick<SessionContext, 'clock' | 'metrics' | 'configuration'>,
  { logger, isEnded, pauseFor }: { logger: Logger; isEnded: () => boolean; pauseFor: (ms: number) => Promise<void> },
): Promise<void> {
  let alarmAtMs = clock.monotonicMs() + GROUP_POLL_MS
  while (!isEnded() && isHomeless()) {
    if (clock.monotonicMs() >= alarmAtMs) {
      alarmAtMs += GROUP_ALARM_EVERY_MS
      metrics.incidents.inc({ kind: 'worker_group_missing' })
      logger.error({ alarm: 'worker_group_missing', ...wanted }, 'the partition waits for a worker group')
    }
    await pauseFor(GROUP_POLL_MS)
  }

  function isHomeless(): boolean {
    const app = configuration.view.app(wanted.appId)
    return app !== undefined && app.enabled && !configuration.view.hasWorkerGroup(app.workerGroup)
  }
}
