import { LineLimiter } from '@hooklane/core/kernel'
import type { Logger } from './logger.js'

/** Input that was skipped: rows, records, or data that accompanied them. */
export interface SkippedPart {
  /** The origin: the name of a capture source, or a topic. */
  readonly from: string
  /** The part of the origin: a table, or an unknown company; null when nothing narrower is known. */
  readonly what: string | null
  /** Why the input was skipped. From a small set, because each reason is a line of `npm run status`. */
  readonly reason: string
  readonly count: number
  /** Identifies the last skipped input for a person who looks for it: its id, key or place. Never a secret. */
  readonly lastKey: string | null
}

export interface Skip extends SkippedPart {
  /** When it was last noted (RFC 3339). */
  readonly lastAt: string
}

/** The log line of a skip. */
export interface SkipLine {
  readonly level: 'warn' | 'error'
  /** Value of the field `alarm`, by which operators find all lines of a kind. */
  readonly alarm: string
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Maximum number of different skips that are remembered, because a producer may send any number of unknown companies. */
const MAX_SKIPS = 500
/** Maximum length of texts that come from outside. */
const MAX_TEXT = 200

/**
 * Everything that the process has skipped since it started, so that nothing is skipped silently. Each skip is remembered for
 * `/health/skipped` (and so for `npm run status`), and logged; equal skips are logged rarely. Callers count skips in their own metrics,
 * whose labels take values from closed sets only.
 */
export class Skips {
  /** In the order in which they were last noted, oldest first. */
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

  /** Returns the skips, most recent first. `forgotten` counts the skipped inputs for which there was no room. */
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
