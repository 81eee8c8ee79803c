/**
 * Why a record went to quarantine, as a label of metrics. The quarantine record and the log line contain more: the path of a schema fault,
 * the name of a header, or the code of the database.
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

/** Returns the label of a reason, without its path or code. Reasons of later versions become `other`. */
export function reasonLabel(reason: string): QuarantineReason {
  const name = reason.split(':', 1)[0] ?? reason
  if (name === 'no_key') return 'wrong_key'
  if (name.startsWith(HEADER_PREFIX)) return 'header'
  return KNOWN.has(name) ? (name as QuarantineReason) : 'other'
}
