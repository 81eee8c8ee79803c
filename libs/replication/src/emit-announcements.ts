import { ANNOUNCEMENT_PREFIX } from '@hooklane/core/capture'
import { withControlConnection } from './preparation/control-connection.js'
import type { ReplicatedSource } from './replicated-source.js'

/**
 * Writes the ids of announcements into the source's log, where they come back in the stream: no right and no table is needed for it, and each has a
 * place among the changes from then on.
 * @throws SourceRefused
 */
export function emitAnnouncements(
  { databaseUrl }: ReplicatedSource,
  ids: readonly string[],
  applicationName: string,
): Promise<void> {
  return withControlConnection({ databaseUrl, applicationName }, async (client) => {
    const emit =
      'SELECT pg_logical_emit_message(true, $1, id) FROM unnest($2::text[]) WITH ORDINALITY AS ids (id, n) ORDER BY n'
    await client.query(emit, [ANNOUNCEMENT_PREFIX, ids])
  })
}
