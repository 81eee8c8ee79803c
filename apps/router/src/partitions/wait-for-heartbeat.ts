import type { SessionContext } from './session-context.js'
import type { SessionLifetime } from './session-lifetime.js'

const HEARTBEAT_POLL_MS = 100

/**
 * Resolves when a heartbeat was answered after `sinceMs`, or when the session has ended.
 *
 * Used after the session was fenced: another process owns the partition, or owned it for a moment. A process that wakes from a freeze still
 * believes that it is assigned the partition. If it acquired the partition at once, it would fence the rightful owner. A heartbeat that is
 * answered after `sinceMs` proves that the assignment still holds.
 */
export async function waitForHeartbeat(
  sinceMs: number,
  { lastHeartbeatMs }: Pick<SessionContext, 'lastHeartbeatMs'>,
  lifetime: SessionLifetime,
): Promise<void> {
  while (!lifetime.isEnded && (lastHeartbeatMs() ?? -Infinity) <= sinceMs) await lifetime.pauseFor(HEARTBEAT_POLL_MS)
}
