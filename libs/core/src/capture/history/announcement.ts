import type { ResyncReason } from '@hooklane/contracts/public'

/**
 * A notice for receivers of a source: rows changed, and the log does not show how. It is stored first, then emitted into the source's own
 * log under its id, and published when it comes back from there. So it has one place among the changes, whatever crashes meanwhile.
 */
export interface Announcement {
  /** Random. */
  readonly id: string
  readonly reason: ResyncReason
  /** Resources of the capture file whose entities are affected, sorted. */
  readonly resources: readonly string[]
  /** Position up to which every change was published; null: not known. */
  readonly from: string | null
}

/** Prefix under which announcements are emitted: `pg_logical_emit_message(true, 'hooklane.announcement', '<id>')`. */
export const ANNOUNCEMENT_PREFIX = 'hooklane.announcement'
