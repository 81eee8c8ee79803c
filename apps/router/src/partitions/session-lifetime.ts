import { InterruptiblePause, type Clock } from '@hooklane/core/kernel'

/** Thrown when the partition no longer belongs to this process. This is not a fault. */
export class SessionEnded extends Error {}

/** Tracks whether a session still runs, and lets its loop sleep until it is woken, a time has passed, or the session ends. */
export class SessionLifetime {
  #isEnded = false
  readonly #pause: InterruptiblePause

  constructor(private readonly clock: Pick<Clock, 'monotonicMs' | 'after'>) {
    this.#pause = new InterruptiblePause(clock)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  end(): void {
    this.#isEnded = true
    this.wake()
  }

  /** Wakes the session's loop after a change. In the same tick, the loop checks what has changed. */
  wake(): void {
    this.#pause.interrupt()
  }

  /** Resolves at the next `wake`, or after `limitMs`. Only one call may wait at a time. */
  wait(limitMs?: number): Promise<void> {
    return this.#pause.wait(limitMs)
  }

  /** Sleeps for `ms`, even if `wake` is called; only the end of the session cuts it short. */
  async pauseFor(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms
    for (let leftMs = ms; leftMs > 0 && !this.#isEnded; leftMs = untilMs - this.clock.monotonicMs())
      await this.wait(leftMs)
  }

  /**
   * Waits for `work` and returns its result.
   *
   * @throws SessionEnded when the session has ended in the meantime
   */
  async unlessEnded<T>(work: Promise<T>): Promise<T> {
    const result = await work
    if (this.#isEnded) throw new SessionEnded()
    return result
  }
}
