import { setTimeout as delay } from 'node:timers/promises'

/**
 * A question so soon after our answer to the one before is that of a server which shuts down: it asks again as soon as it was answered. One that runs
 * asks when it has heard nothing for half of `wal_sender_timeout`, and our regular status keeps it from asking at all unless that is very short.
 */
const REPEATED_WITHIN_MS = 250
/** Between such a question and its answer: two processes that do nothing but ask and answer would keep each other busy. */
const ANSWER_AFTER_MS = 50
/** For so long what is under way may still become confirmable. Lower: a server that shuts down ends us sooner. Higher: we keep it longer. */
const PATIENCE_MS = 2_000

export interface Confirmation {
  /** Everything that the server has sent is confirmed, or the session has ended. */
  readonly isComplete: () => boolean
  /** Notes what may be confirmed; takes a short while at most, and never throws. */
  readonly note: () => Promise<void>
  readonly send: () => void
}

/** Time, in milliseconds. */
interface Waiting {
  readonly nowMs: () => number
  readonly pause: (ms: number) => Promise<unknown>
}

/**
 * What a server is told that asks for an answer. One that shuts down asks until everything is confirmed, and does not end before: so what is noted in
 * large steps while a source is quiet is noted now, and what cannot be confirmed for some seconds does not keep it.
 */
export class ServerQuestions {
  private isNoting = false
  private answeredMs = -Infinity
  /** When the first of the questions came that followed each other at once. */
  private sinceMs = -Infinity

  constructor(private readonly waiting: Waiting = { nowMs: () => performance.now(), pause: delay }) {}

  /** @returns whether the server shuts down, and waits for what cannot be confirmed now */
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
