import { pause, processTimers } from '@hooklane/core/kernel'

/**
 * A request that comes this soon after our last answer shows that the server is shutting down, because such a server asks again as soon as
 * it gets an answer. A running server asks only when it has heard nothing for half of `wal_sender_timeout`. With usual timeouts, our
 * regular status messages come sooner.
 */
const REPEATED_WITHIN_MS = 250
/** Pause before the answer to such a request. Without it, the two processes would keep each other busy with requests and answers. */
const ANSWER_AFTER_MS = 50
/**
 * How long a server that is shutting down may have to wait until all changes can be confirmed; then the session ends. Too low: the session
 * ends although the changes could soon have been confirmed. Too high: we delay the shutdown.
 */
const PATIENCE_MS = 2_000

export interface Confirmation {
  /** Whether everything that the server has sent can be confirmed, or the session has ended. */
  readonly isComplete: () => boolean
  /** Stores durably the LSN up to which changes may be confirmed. Takes a short while at most, and never throws. */
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
 * Answers a server that asks for our status. A server that is shutting down asks again and again, and ends only when everything is
 * confirmed. So each request makes us store at once how far changes may be confirmed; without requests this happens rarely while a source
 * is quiet. If some changes cannot be confirmed for `PATIENCE_MS`, `asked` returns true, and the caller closes the connection so that the
 * server can end.
 */
export class StatusRequests {
  private isNoting = false
  private answeredMs = -Infinity
  /** When the first request of the current rapid series came. */
  private sinceMs = -Infinity

  constructor(private readonly waiting: Waiting = PROCESS_TIME) {}

  /** @returns whether the server is shutting down and waits for changes that cannot be confirmed now */
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
