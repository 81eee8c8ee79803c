import type { ResyncReason } from '@hooklane/contracts/public'

/**
 * A notice for receivers of a source: rows changed, and the write-ahead log does not show how. Hooklane first stores it, then emits its id
 * as a message into the write-ahead log of the source, and publishes it when that message is read back. So the notice has exactly one place
 * among the changes, even after a crash.
 */
export interface Announcement {
  /** Random. */
  readonly id: string
  readonly reason: ResyncReason
  /** Resources of the capture file whose entities are affected, sorted. */
  readonly resources: readonly string[]
  /** Every change up to this position was published; later changes may be missing. Null: not known. */
  readonly from: string | null
}

/** Prefix under which announcements are emitted: `pg_logical_emit_message(true, 'hooklane.announcement', '<id>')`. */
export const ANNOUNCEMENT_PREFIX = 'hooklane.announcement'
