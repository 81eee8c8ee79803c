import { DatabaseError } from 'pg'
import type { ReplicatedSource } from '../replicated-source.js'
import {
  databaseFailure,
  changesOfAllTablesMissing,
  notDecodable,
  type ChangesMissing,
  type SourceUnreadable,
} from '../source-unreadable.js'

/** SQLSTATE of the warning "skipped loading publication" (object_not_in_prerequisite_state). */
const PUBLICATION_SKIPPED = '55000'
/** SQLSTATE of a running stream before PostgreSQL 18: the publication did not exist at this point of the WAL. */
const UNDEFINED_OBJECT = '42704'
/** SQLSTATEs of stored text that cannot be converted to UTF-8: invalid bytes, or a character that UTF-8 does not have. */
const NO_UTF8: ReadonlySet<string | undefined> = new Set(['22021', '22P05'])

/**
 * Translates an error of the connection.
 * @param isStreaming whether the stream runs. If not, no error concerns the WAL
 */
export function streamFailure(error: unknown, source: ReplicatedSource, isStreaming: boolean): SourceUnreadable {
  const refused = isStreaming && error instanceof DatabaseError ? error : null
  if (refused?.code === UNDEFINED_OBJECT) return publicationWasMissing(source)
  if (NO_UTF8.has(refused?.code))
    return notDecodable(`a change holds text that cannot be converted to UTF-8 (${refused?.message})`, source)
  return databaseFailure(error)
}

/**
 * Returns the failure that a warning of the stream reports; null: none. Since PostgreSQL 18 the server skips changes whose publication is
 * missing, and only sends a warning. Before 18 the stream fails (see `streamFailure`).
 * @param code SQLSTATE
 */
export const failureOfWarning = (code: string, source: ReplicatedSource): SourceUnreadable | null =>
  code === PUBLICATION_SKIPPED ? publicationWasMissing(source) : null

const publicationWasMissing = (source: ReplicatedSource): ChangesMissing =>
  changesOfAllTablesMissing(source, {
    code: 'CHANGES_MISSING',
    reason: `the publication ${source.publication} did not exist when they were committed`,
  })
