import { ANNOUNCEMENT_PREFIX } from '@hooklane/core/capture'
import { withControlConnection, type ControlOptions } from './preparation/control-connection.js'
import type { ReplicatedSource } from './replicated-source.js'

/**
 * Writes the ids of announcements into the source's WAL, as logical messages. An announcement tells receivers that rows changed in a way
 * that the WAL does not show. The stream later returns each id at its place among the changes. Writing needs no privilege and no table.
 * @throws SourceUnreadable
 */
export function emitAnnouncements(
  { databaseUrl }: ReplicatedSource,
  ids: readonly string[],
  options: Omit<ControlOptions, 'databaseUrl'>,
): Promise<void> {
  return withControlConnection({ step: 'the writing of an announcement', ...options, databaseUrl }, async (client) => {
    const emit =
      'SELECT pg_logical_emit_message(true, $1, id) FROM unnest($2::text[]) WITH ORDINALITY AS ids (id, n) ORDER BY n'
    await client.query(emit, [ANNOUNCEMENT_PREFIX, ids])
  })
}
