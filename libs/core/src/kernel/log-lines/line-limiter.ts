/**
 * Minimum time between two lines of one kind. Too low: a fault that every record causes floods the log. Too high: a reader of the log waits
 * long to see whether the fault lasts.
 */
const DEFAULT_EVERY_MS = 10_000
/** Maximum number of kinds that have their own limit. Too high: much memory. Too low: unrelated kinds share a limit. */
const DEFAULT_MAX_KINDS = 500

export interface LineLimiterOptions {
  /** Minimum time between two lines of one kind, in milliseconds. */
  readonly everyMs?: number
  readonly maxKinds?: number
}

interface Kind {
  lastMs: number
  leftOut: number
}

/**
 * Decides which of many lines of one kind are written to the log: the first, then one per `everyMs`. Lines that a reader would call the
 * same are of one kind. Kinds beyond `maxKinds` share one limit, so input from outside cannot make the log or the memory grow without
 * bound.
 */
export class LineLimiter {
  /** Ordered by the time of their last line, oldest first. */
  private readonly kinds = new Map<string, Kind>()
  /** The limit that all kinds beyond `maxKinds` share. */
  private readonly rest: Kind = { lastMs: -Infinity, leftOut: 0 }
  private readonly everyMs: number
  private readonly maxKinds: number

  constructor({ everyMs = DEFAULT_EVERY_MS, maxKinds = DEFAULT_MAX_KINDS }: LineLimiterOptions = {}) {
    this.everyMs = everyMs
    this.maxKinds = maxKinds
  }

  /**
   * Returns null if this line is to be left out. Otherwise returns how many lines of the kind were left out since the last written one.
   *
   * @param nowMs on a monotonic clock
   */
  admit(kind: string, nowMs: number): number | null {
    const known = this.kinds.get(kind) ?? this.newKind(nowMs)
    if (nowMs - known.lastMs < this.everyMs) {
      known.leftOut++
      return null
    }
    const { leftOut } = known
    known.lastMs = nowMs
    known.leftOut = 0
    if (known !== this.rest) {
      this.kinds.delete(kind)
      this.kinds.set(kind, known)
    }
    return leftOut
  }

  /**
   * Makes room by forgetting the kind with the oldest line, once a line of that kind could be written again anyway. The number of lines
   * that were left out of that kind is lost.
   */
  private newKind(nowMs: number): Kind {
    const [oldest] = this.kinds
    if (oldest && this.kinds.size >= this.maxKinds) {
      if (nowMs - oldest[1].lastMs < this.everyMs) return this.rest
      this.kinds.delete(oldest[0])
    }
    return { lastMs: -Infinity, leftOut: 0 }
  }
}
