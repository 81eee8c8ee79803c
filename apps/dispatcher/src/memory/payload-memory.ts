import type { SessionHandle } from '@hooklane/dispatch'

type Level = 'ok' | 'pause'

/**
 * Bounds the memory of the payloads that this process holds: of deliveries that wait in lanes, and of outcomes that wait to be published.
 * Reading pauses at 80 % of `maxBytes` and resumes at 60 %, so that it does not switch at every measurement.
 */
export class PayloadMemory {
  private level: Level = 'ok'

  constructor(private readonly maxBytes: number) {}

  /** Pauses or resumes reading of all sessions, by the bytes that are held now. */
  limit(heldBytes: number, sessions: Iterable<Pick<SessionHandle, 'handle'>>): void {
    const before = this.level
    this.level = levelAfter(before, heldBytes / this.maxBytes)
    // Repeated while reading is paused, because sessions opened in the meantime must pause, too.
    if (this.level === before && this.level === 'ok') return
    for (const session of sessions) session.handle({ type: 'budget', level: this.level })
  }
}

function levelAfter(level: Level, share: number): Level {
  if (share >= PAUSE_AT) return 'pause'
  return share <= RESUME_AT ? 'ok' : level
}

const PAUSE_AT = 0.8
const RESUME_AT = 0.6
