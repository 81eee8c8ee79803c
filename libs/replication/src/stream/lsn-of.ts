import { parseLsn } from '@hooklane/core/capture'
import { SourceRefused } from '../source-refused.js'

/** Parses the LSN of a message. @throws SourceRefused when there is none */
export function lsnOf(text: string): bigint {
  const lsn = parseLsn(text)
  if (lsn === null) throw new SourceRefused('DATABASE_ERROR', `a message of the log has no valid LSN (${text})`)
  return lsn
}
