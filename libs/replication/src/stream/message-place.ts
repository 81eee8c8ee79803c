import { parseLsn } from '@hooklane/core/capture'
import { SourceRefused } from '../source-refused.js'

/** Where a message stands in the log. @throws SourceRefused when it does not say so */
export function lsnOf(text: string): bigint {
  const lsn = parseLsn(text)
  if (lsn === null) throw new SourceRefused('DATABASE_ERROR', `a message came without its place in the log (${text})`)
  return lsn
}
