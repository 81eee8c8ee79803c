import { eventTypesOf, type CaptureConfiguration } from '@hooklane/core/capture'
import { pause, processTimers } from '@hooklane/core/kernel'
import type { Logger } from '@hooklane/observability'
import { upsertEventTypes, type EventTypeEntry, type PgPool } from '@hooklane/postgres'

const RETRY_MS = 5_000

/** The event types of a capture file, as entries of the event catalogue. A resource of several sources is entered under the first one. */
export function catalogueEntries(configuration: CaptureConfiguration): EventTypeEntry[] {
  return eventTypesOf(configuration).map(({ type, resource, action, entity }) => ({
    name: type,
    resource,
    action,
    title: `${entity.charAt(0).toUpperCase()}${entity.slice(1)} ${action}`,
    source: configuration.sources.find(({ tables }) => tables.some((table) => table.resource === resource))?.name ?? '',
  }))
}

/** Writes event types to the catalogue, and retries while the database is unreachable. The caller must not hold back events meanwhile. */
export async function enterEventTypes(
  pool: PgPool,
  entries: readonly EventTypeEntry[],
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const isStopping = () => signal.aborted
  while (!isStopping()) {
    try {
      await upsertEventTypes(pool, entries)
      return
    } catch (error) {
      if (isStopping()) return
      logger.warn(
        { error, retryInMs: RETRY_MS },
        'the event types could not be entered into the catalogue; trying again',
      )
      await pause(processTimers, RETRY_MS, signal)
    }
  }
}
