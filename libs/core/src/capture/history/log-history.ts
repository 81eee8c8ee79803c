/** Identifies a write-ahead log: its database cluster, and its timeline there (a promotion or a restore begins a new one). */
export interface LogIdentity {
  /** 64 bits as decimal text. It was made when the cluster was initialised, and copies of the cluster share it. */
  readonly systemIdentifier: string
  readonly timeline: number
}

/** How a WAL came to its timeline: every earlier timeline with the LSN at which it was left. */
export type TimelineHistory = ReadonlyMap<number, bigint>

/** What is stored about a source that was read before. */
export interface KnownHistory {
  /** Null: stored by an older version, which did not record the identity of the WAL. */
  readonly log: LogIdentity | null
  /**
   * Everything committed before this LSN is published or does not belong to this source. Null: stored by an older version, as for `log`.
   */
  readonly settledLsn: bigint | null
  /** Commit LSN of the last event that was published, in any partition; null: none. */
  readonly publishedLsn: bigint | null
}

/** What the database says now. */
export interface FoundHistory {
  readonly log: LogIdentity
  readonly timelines: TimelineHistory
  /** Everything before this LSN was acknowledged, so the slot no longer sends it. */
  readonly confirmedLsn: bigint
  /** End of the WAL. */
  readonly walEndLsn: bigint
}

export type HistoryVerdict =
  /** Everything after `settledLsn` will come from the slot. Null: nothing was stored, so the slot is trusted. */
  | { readonly kind: 'continues'; readonly settledLsn: bigint | null }
  /** Another cluster, or a sibling of the timeline that was read. */
  | { readonly kind: 'otherDatabase' }
  /**
   * The WAL ends at an LSN below one that was already read, or switched to a new timeline at or below an LSN that was already published. So
   * the database was restored to an earlier state.
   */
  | { readonly kind: 'setBack'; readonly readLsn: bigint; readonly endLsn: bigint }
  /**
   * The slot begins after `settledLsn`: somebody recreated it, advanced it, or consumed from it. The slot will not deliver the changes in
   * between.
   */
  | { readonly kind: 'slotMoved'; readonly settledLsn: bigint; readonly confirmedLsn: bigint }

/**
 * Whether a slot still holds everything that is not published yet and may belong to this source.
 *
 * After a promotion the WAL continues from the LSN at which the new timeline left the old one. Everything settled beyond that LSN belongs
 * to a history that no longer exists, so `settledLsn` falls back to that LSN. Otherwise a slot that was created on the new timeline could
 * begin below the old `settledLsn`, and so pass the check, although it lacks rows.
 */
export function judgeHistory(known: KnownHistory, found: FoundHistory): HistoryVerdict {
  if (known.log === null) return { kind: 'continues', settledLsn: null }
  if (known.log.systemIdentifier !== found.log.systemIdentifier) return { kind: 'otherDatabase' }
  const endLsn = endOfCommonHistory(known.log, found)
  if (endLsn === null) return { kind: 'otherDatabase' }
  const isPromoted = known.log.timeline !== found.log.timeline
  const readLsn = readBeyond(known, endLsn, isPromoted)
  if (readLsn !== null) return { kind: 'setBack', readLsn, endLsn }
  const settledLsn = known.settledLsn !== null && known.settledLsn > endLsn ? endLsn : known.settledLsn
  if (settledLsn !== null && found.confirmedLsn > settledLsn) {
    return { kind: 'slotMoved', settledLsn, confirmedLsn: found.confirmedLsn }
  }
  return { kind: 'continues', settledLsn }
}

/**
 * An LSN that was read but lies beyond the end of the common history; null: there is none. After a promotion, only `publishedLsn` is
 * checked.
 */
function readBeyond({ publishedLsn, settledLsn }: KnownHistory, endLsn: bigint, isPromoted: boolean): bigint | null {
  if (publishedLsn !== null && publishedLsn >= endLsn) return publishedLsn
  return !isPromoted && settledLsn !== null && settledLsn > endLsn ? settledLsn : null
}

/** The LSN up to which both logs are the same; null: not known. */
function endOfCommonHistory(known: LogIdentity, { log, timelines, walEndLsn }: FoundHistory): bigint | null {
  return known.timeline === log.timeline ? walEndLsn : (timelines.get(known.timeline) ?? null)
}

/**
 * Reads a timeline history file: a line per earlier timeline with its number and the LSN at which it was left, separated by white space.
 * Comments and empty lines are ignored, as by PostgreSQL.
 */
export function parseTimelineHistory(text: string): TimelineHistory {
  const history = new Map<number, bigint>()
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})/.exec(line)
    if (!match) continue
    history.set(Number(match[1]), (BigInt(`0x${match[2] ?? '0'}`) << 32n) | BigInt(`0x${match[3] ?? '0'}`))
  }
  return history
}
