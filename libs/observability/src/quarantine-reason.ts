/**
 * Why a record went to quarantine, as metrics say it. The quarantine record and the log line say more: the path of a schema fault, the name of a
 * header, the code of the database.
 */
export const QUARANTINE_REASONS = [
  'no_value',
  'empty',
  'too_large',
  'no_schema',
  'unknown_schema',
  'invalid_utf8',
  'byte_order_mark',
  'invalid_json',
  'schema',
  'header',
  'reserved_type',
  'too_deep',
  'wrong_key',
  'wrong_partition',
  'unknown_company',
  'former_company',
  'out_of_order',
  'hops',
  'refused',
  'other',
] as const
type QuarantineReason = (typeof QUARANTINE_REASONS)[number]

const KNOWN: ReadonlySet<string> = new Set(QUARANTINE_REASONS)
const HEADER_PREFIX = 'hooklane-'

/** The label of a reason: its path and code are cut off, and what a later version says is `other`. */
export function reasonLabel(reason: string): QuarantineReason {
  const name = reason.split(':', 1)[0] ?? reason
  if (name === 'no_key') return 'wrong_key'
  if (name.startsWith(HEADER_PREFIX)) return 'header'
  return KNOWN.has(name) ? (name as QuarantineReason) : 'other'
}
