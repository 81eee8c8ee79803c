/** Lower: a fault that comes with every record floods the log. Higher: a reader of the log waits to see whether it lasts. */
const DEFAULT_EVERY_MS = 10_000
/** Kinds with a limit of their own. Too high: memory. Too low: kinds that have nothing to do with each other share a limit. */
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
 * Decides which of many lines of one kind are written to the log: the first, then one per `everyMs`. A kind is what a reader would call the
 * same line. Kinds beyond `maxKinds` share one limit, so neither the log nor the memory grows with what others send.
 */
export class LineLimiter {
  /** Ordered by the time of their last line, oldest first. */
  private readonly kinds = new Map<string, Kind>()
  /** Shared by all kinds that there is no room for. */
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

  /** The oldest kind makes room once it could be written again anyway. The number of lines that it left out is lost. */
  private newKind(nowMs: number): Kind {
    const [oldest] = this.kinds
    if (oldest && this.kinds.size >= this.maxKinds) {
      if (nowMs - oldest[1].lastMs < this.everyMs) return this.rest
      this.kinds.delete(oldest[0])
    }
    return { lastMs: -Infinity, leftOut: 0 }
  }
}
