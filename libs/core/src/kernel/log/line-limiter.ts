/** Lower: a fault that comes with every record floods the log. Higher: a reader of the log waits to see whether it lasts. */
const DEFAULT_EVERY_MS = 10_000
/** Kinds that are told apart. More cost memory; fewer let kinds that have nothing to do with each other share their lines. */
const DEFAULT_MAX_KINDS = 500

export interface LineLimiterOptions {
  /** Between two lines of one kind. */
  readonly everyMs?: number
  readonly maxKinds?: number
}

interface Kind {
  lastMs: number
  leftOut: number
}

/**
 * Decides which of many lines of one kind are written to the log: the first, then one in a while. A kind is what a reader would call the
 * same line. Whoever writes kinds without end gets as many lines as it has room for, then one in a while for all the rest: neither the log
 * nor the memory grows with what others send.
 */
export class LineLimiter {
  /** The one that was written last comes last. */
  private readonly kinds = new Map<string, Kind>()
  /** All that there is no room for. */
  private readonly rest: Kind = { lastMs: -Infinity, leftOut: 0 }
  private readonly everyMs: number
  private readonly maxKinds: number

  constructor({ everyMs = DEFAULT_EVERY_MS, maxKinds = DEFAULT_MAX_KINDS }: LineLimiterOptions = {}) {
    this.everyMs = everyMs
    this.maxKinds = maxKinds
  }

  /**
   * Returns how many lines of the kind were left out since the last one; null when this one is to be left out as well.
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

  /** The oldest kind makes room once it could be written again anyway; what it left out since is not told. */
  private newKind(nowMs: number): Kind {
    const [oldest] = this.kinds
    if (oldest && this.kinds.size >= this.maxKinds) {
      if (nowMs - oldest[1].lastMs < this.everyMs) return this.rest
      this.kinds.delete(oldest[0])
    }
    return { lastMs: -Infinity, leftOut: 0 }
  }
}
