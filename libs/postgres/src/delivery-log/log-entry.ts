import type { AttemptRecord, DeadLetterRecord, SettlementRecord } from '@hooklane/contracts/records'

/** A record that the delivery log stores. */
export type LogEntry =
  | { readonly kind: 'attempt'; readonly record: AttemptRecord }
  | { readonly kind: 'settlement'; readonly record: SettlementRecord }
  | { readonly kind: 'deadLetter'; readonly record: DeadLetterRecord }

/** An entry from the topic `attempts`. */
export type AttemptsEntry = Exclude<LogEntry, { readonly kind: 'deadLetter' }>
