import { LineLimiter } from '@hooklane/core/kernel'
import type { Logger } from './logger.js'

/** Something that came in and led to nothing: a row, a record, what was said beside them. */
export interface SkippedPart {
  /** Where it came from: a capture source by its name, or a topic. */
  readonly from: string
  /** Which part of it: a table, an unknown company; null where nothing narrower is known. */
  readonly what: string | null
  /** From a small set: it is a line of `npm run status` each. */
  readonly reason: string
  readonly count: number
  /** Names the last one for a person who looks for it: its id, key or place. Never a secret. */
  readonly lastKey: string | null
}

export interface Skip extends SkippedPart {
  /** RFC 3339. */
  readonly lastAt: string
}

/** What is logged of a skip: what it means, and further fields. */
export interface SkipLine {
  readonly level: 'warn' | 'error'
  /** Value of `alarm`, by which operators find the lines of a kind. */
  readonly alarm: string
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Different ones that are remembered. Companies that are not known can be as many as somebody likes to send. */
const MAX_SKIPS = 500
/** Of texts that come from outside. */
const MAX_TEXT = 200

/**
 * What the process has skipped since it started: nothing is left aside silently. Each skip is remembered for `/health/skipped` (and so
 * `npm run status`), and logged, the same ones seldom. Its metric is the caller's: metrics take values of closed sets only.
 */
export class Skips {
  /** In the order in which they were noted last. */
  private readonly skips = new Map<string, Skip>()
  private forgotten = 0
  private readonly limiter = new LineLimiter()

  constructor(private readonly logger: Pick<Logger, 'warn' | 'error'>) {}

  note(part: SkippedPart, { level, alarm, message, fields = {} }: SkipLine): void {
    const noted = this.remember(part)
    const kind = `${part.from}\0${part.what}\0${part.reason}`
    if (this.limiter.admit(kind, performance.now()) === null) return
    const { from, what, reason, lastKey, count } = noted
    this.logger[level](
      { ...fields, alarm, from, ...(what === null ? {} : { what }), reason, key: lastKey, count },
      message,
    )
  }

  /** The last one first. `forgotten` counts those that there was no room for. */
  report(): { readonly skipped: readonly Skip[]; readonly forgotten: number } {
    return { skipped: [...this.skips.values()].reverse(), forgotten: this.forgotten }
  }

  private remember({ from, what, reason, count, lastKey }: SkippedPart): Skip {
    const part = what === null ? null : cut(what)
    const name = `${from}\0${part}\0${reason}`
    const before = this.skips.get(name)
    const skip: Skip = {
      from,
      what: part,
      reason: cut(reason),
      count: count + (before?.count ?? 0),
      lastKey: lastKey === null ? null : cut(lastKey),
      lastAt: new Date().toISOString(),
    }
    this.skips.delete(name)
    this.skips.set(name, skip)
    const [oldest] = this.skips
    if (this.skips.size > MAX_SKIPS && oldest) {
      this.skips.delete(oldest[0])
      this.forgotten += oldest[1].count
    }
    return skip
  }
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text)
