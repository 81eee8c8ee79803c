import type { Blocker } from '@hooklane/replication'

/** The pause after the first log line about the same work. It doubles for as long as the work waits. */
const FIRST_PAUSE_MS = 30_000
/** Too low: a night-long import fills the log. Too high: the log shows the present state only far up. */
const MAX_PAUSE_MS = 600_000
/** More would hide the oldest, which is named first. */
const MAX_NAMED = 5

/** Which work of a source waits for other sessions of its database, and when that was logged. */
export class Waits {
  private readonly waiting = new Map<string, string>()
  private readonly logged = new Map<string, { readonly atMs: number; readonly pauseMs: number }>()

  /** What waits and for whom, as one text; empty: nothing waits. */
  get text(): string {
    return [...this.waiting.values()].join(' ')
  }

  /**
   * Notes that the work waits for these; none: it waits no longer. Returns the text to log; null: there is nothing to log, or it was logged
   * a short time ago.
   */
  note(work: string, blockers: readonly Blocker[], nowMs: number): string | null {
    if (blockers.length === 0) {
      this.waiting.delete(work)
      return null
    }
    const text = `${work} waits for ${describe(blockers)}`
    this.waiting.set(work, text)
    const last = this.logged.get(work)
    const sinceMs = last ? nowMs - last.atMs : Infinity
    if (last && sinceMs < last.pauseMs) return null
    const isOngoing = last !== undefined && sinceMs < 2 * last.pauseMs
    const pauseMs = isOngoing ? Math.min(2 * last.pauseMs, MAX_PAUSE_MS) : FIRST_PAUSE_MS
    this.logged.set(work, { atMs: nowMs, pauseMs })
    return text
  }
}

function describe(blockers: readonly Blocker[]): string {
  const named = blockers.slice(0, MAX_NAMED)
  const more = blockers.length - named.length
  const who = named.map(({ description }) => description).join(', ')
  const statements = [...new Set(named.map(({ statement }) => statement))].join(' ')
  return `${who}${more === 0 ? '' : ` and ${more} more`}. It goes on by itself afterwards. To end what it waits for: ${statements}`
}
