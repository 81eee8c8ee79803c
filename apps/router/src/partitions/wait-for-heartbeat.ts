import type { SessionContext } from './session-context.js'
import type { SessionLifetime } from './session-lifetime.js'

const HEARTBEAT_POLL_MS = 100

/**
 * Resolves when a heartbeat was answered after `sinceMs`, or when the session has ended.
 *
 * Somebody else owns the partition, or did for a moment. A process that wakes from a freeze still believes in its assignment: to acquire
 * at once would shut out the rightful owner. A heartbeat that is answered after the fact proves that the assignment still holds.
 */
export async function waitForHeartbeat(
  sinceMs: number,
  { lastHeartbeatMs }: Pick<SessionContext, 'lastHeartbeatMs'>,
  lifetime: SessionLifetime,
): Promise<void> {
  while (!lifetime.isEnded && (lastHeartbeatMs() ?? -Infinity) <= sinceMs) await lifetime.pauseFor(HEARTBEAT_POLL_MS)
}
