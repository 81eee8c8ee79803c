import type { Blocker } from '@hooklane/replication'

/** The pause after the first log line about the same work. It doubles for as long as the work waits. */
const FIRST_PAUSE_MS = 30_000
/** The longest pause. Too low: an import of a whole night fills the log. Too high: the end of the log does not show that the work waits. */
const MAX_PAUSE_MS = 600_000
/** How many blockers a line names, oldest first, because these matter most. More would make the line too long to read. */
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
   * Notes that the work waits for these blockers; none: it no longer waits. Returns the text to log; null: there is nothing to log, or the
   * text was logged a short time ago.
   */
  note(work: string, blockers: readonly Blocker[], nowMs: number): string | null {
    if (blockers.length === 0) {
      this.waiting.delete(work)
      return null
    }
    const text = describe(work, blockers)
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

function describe(work: string, blockers: readonly Blocker[]): string {
  const [first] = blockers
  if (first?.kind === 'unknown') {
    return `${work} takes long. The sessions that it may wait for could not be read (${first.description}). To see them, run: ${first.statement}`
  }
  const named = blockers.slice(0, MAX_NAMED)
  const more = blockers.length - named.length
  const who = named.map(({ description }) => description).join(', ')
  const statements = [...new Set(named.map(({ statement }) => statement))].join(' ')
  return (
    `${work} waits for ${who}${more === 0 ? '' : ` and ${more} more`}, and continues as soon as these have ended. To end them now` +
    `${warningOf(named)}: ${statements}`
  )
}

/** Whoever runs the statements must know what they throw away. */
function warningOf(blockers: readonly Blocker[]): string {
  const isAny = (kind: Blocker['kind']) => blockers.some((blocker) => blocker.kind === kind)
  const facts = [
    ...(isAny('session') ? ["a session's open transaction is rolled back"] : []),
    ...(isAny('prepared')
      ? ['only its transaction manager knows whether a prepared transaction must be committed']
      : []),
  ]
  return ` (${facts.join('; ')})`
}
