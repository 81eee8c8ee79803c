/** Which write-ahead log it is: of which database cluster, and which of its timelines (a promotion or a restore begins a new one). */
export interface LogIdentity {
  /** 64 bits as decimal text: made once when the cluster was initialised, and shared by its copies. */
  readonly systemIdentifier: string
  readonly timeline: number
}

/** How a log came to its timeline: every earlier timeline with the LSN at which it was left. */
export type TimelineHistory = ReadonlyMap<number, bigint>

/** What is known durably of a source that was read before. */
export interface KnownHistory {
  /** Null: noted by a build that did not know it. */
  readonly log: LogIdentity | null
  /** Everything that was committed before here is published, or was none of this source's; null as above. */
  readonly settledLsn: bigint | null
  /** Commit LSN of the last event that was published, in whichever partition; null: none. */
  readonly publishedLsn: bigint | null
}

/** What the database says now. */
export interface FoundHistory {
  readonly log: LogIdentity
  readonly timelines: TimelineHistory
  /** Everything before here was acknowledged: the slot sends nothing of it. */
  readonly confirmedLsn: bigint
  /** End of the log. */
  readonly walEndLsn: bigint
}

export type HistoryVerdict =
  /** Everything after `settledLsn` will come from the slot. Null: nothing was noted, the slot is believed. */
  | { readonly kind: 'continues'; readonly settledLsn: bigint | null }
  /** Another cluster, or a sibling of the timeline that was read. */
  | { readonly kind: 'otherDatabase' }
  /** The log ends before what was read, or left the timeline before what was published: the database was set back. */
  | { readonly kind: 'setBack'; readonly readLsn: bigint; readonly endLsn: bigint }
  /** The slot begins behind what was settled: somebody made it again, moved it, or read it. What lies between does not come. */
  | { readonly kind: 'slotMoved'; readonly settledLsn: bigint; readonly confirmedLsn: bigint }

/**
 * Whether a slot still holds everything that is neither published nor known to be none of ours.
 *
 * After a promotion the log goes on from where the new timeline left the old one. What was settled beyond that place was settled of a
 * history that no longer exists, so `settledLsn` falls back to it: a fresh slot of the new timeline can stand below the old `settledLsn`
 * and still lack rows.
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

/** What was read of the log that is not in it: published, or (unless the timeline was left there) settled behind its end. Null: nothing. */
function readBeyond({ publishedLsn, settledLsn }: KnownHistory, endLsn: bigint, isPromoted: boolean): bigint | null {
  if (publishedLsn !== null && publishedLsn >= endLsn) return publishedLsn
  return !isPromoted && settledLsn !== null && settledLsn > endLsn ? settledLsn : null
}

/** Up to where both logs are the same; null: nowhere that can be told. */
function endOfCommonHistory(known: LogIdentity, { log, timelines, walEndLsn }: FoundHistory): bigint | null {
  return known.timeline === log.timeline ? walEndLsn : (timelines.get(known.timeline) ?? null)
}

/**
 * Reads a timeline history file: a line per earlier timeline with its number and the LSN at which it was left, fields parted by blanks.
 * Comments and empty lines are passed over, as PostgreSQL does.
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
