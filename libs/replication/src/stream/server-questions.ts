/** A server that runs asks every few seconds at most (half of `wal_sender_timeout`), one that shuts down as soon as it was answered. */
const REPEATED_WITHIN_MS = 500

export interface Confirmation {
  /** Everything that the server has sent is confirmed, or the session has ended. */
  readonly isComplete: () => boolean
  /** Notes what may be confirmed; takes a short while at most, and never throws. */
  readonly note: () => Promise<void>
  readonly send: () => void
}

/**
 * What a server is told that asks for an answer. One that shuts down asks until everything is confirmed, and does not end before: so what is noted in
 * large steps while a source is quiet is noted now. What cannot be noted must not keep it either.
 */
export class ServerQuestions {
  private isNoting = false
  private notedAt = -Infinity

  /** @returns whether the server seems to shut down, and waits for what cannot be confirmed now */
  async asked({ isComplete, note, send }: Confirmation): Promise<boolean> {
    send()
    if (this.isNoting || isComplete()) return false
    const isRepeated = performance.now() - this.notedAt < REPEATED_WITHIN_MS
    this.isNoting = true
    await note()
    this.isNoting = false
    this.notedAt = performance.now()
    if (!isComplete()) return isRepeated
    send()
    return false
  }
}
