import { parseLsn } from '@hooklane/core/capture'
import { SourceUnreadable } from '../source-unreadable.js'

/** Parses the LSN of a message. @throws SourceUnreadable when there is none */
export function lsnOf(text: string): bigint {
  const lsn = parseLsn(text)
  if (lsn === null)
    throw new SourceUnreadable('DATABASE_ERROR', `a message of the write-ahead log has no valid LSN (${text})`)
  return lsn
}
