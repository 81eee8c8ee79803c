import { pause, processTimers } from '@hooklane/core/kernel'

/**
 * A question this soon after our last answer comes from a server that is shutting down: it asks again as soon as it is answered. A running
 * server asks only when it has heard nothing for half of `wal_sender_timeout`, and our regular status prevents that unless the timeout is
 * very short.
 */
const REPEATED_WITHIN_MS = 250
/** Pause before the answer to such a question. Without it, the two processes would keep each other busy with questions and answers. */
const ANSWER_AFTER_MS = 50
/**
 * How long what is under way may take to become confirmable. Too low: the session of a server that shuts down ends before it does. Too
 * high: we delay the shutdown.
 */
const PATIENCE_MS = 2_000

export interface Confirmation {
  /** Everything that the server has sent is confirmed, or the session has ended. */
  readonly isComplete: () => boolean
  /** Notes durably what may be confirmed. Takes a short while at most, and never throws. */
  readonly note: () => Promise<void>
  readonly send: () => void
}

/** Time, in milliseconds. */
interface Waiting {
  readonly nowMs: () => number
  readonly pause: (ms: number) => Promise<unknown>
}

const PROCESS_TIME: Waiting = { nowMs: () => performance.now(), pause: (ms) => pause(processTimers, ms) }

/**
 * Answers a server that asks for our status. A server that is shutting down asks until everything is confirmed, and does not end before. So
 * what is otherwise noted in large steps while a source is quiet is noted at once, and when something cannot be confirmed for some seconds,
 * the caller is told to let the server go.
 */
export class StatusRequests {
  private isNoting = false
  private answeredMs = -Infinity
  /** When the first question of the current rapid series came. */
  private sinceMs = -Infinity

  constructor(private readonly waiting: Waiting = PROCESS_TIME) {}

  /** @returns whether the server is shutting down and waits for something that cannot be confirmed now */
  async asked({ isComplete, note, send }: Confirmation): Promise<boolean> {
    const isRepeated = await this.take()
    this.answer(send)
    if (this.isNoting || isComplete()) return false
    this.isNoting = true
    await note()
    this.isNoting = false
    if (!isComplete()) return isRepeated && this.waiting.nowMs() - this.sinceMs >= PATIENCE_MS
    this.answer(send)
    return false
  }

  private async take(): Promise<boolean> {
    const { nowMs, pause } = this.waiting
    const isRepeated = nowMs() - this.answeredMs <= REPEATED_WITHIN_MS
    if (isRepeated) await pause(ANSWER_AFTER_MS)
    else this.sinceMs = nowMs()
    return isRepeated
  }

  private answer(send: () => void): void {
    send()
    this.answeredMs = this.waiting.nowMs()
  }
}
