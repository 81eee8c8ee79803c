import type { Time } from '@hooklane/core/kernel'

/** The partition is no longer ours: not a fault. */
export class SessionEnded extends Error {}

/** Whether a session still runs, and how its one loop sleeps: until it is woken, until a time is over, or until the session ends. */
export class SessionLifetime {
  #isEnded = false
  #wake: (() => void) | null = null

  constructor(private readonly clock: Time) {}

  get isEnded(): boolean {
    return this.#isEnded
  }

  end(): void {
    this.#isEnded = true
    this.wake()
  }

  /** Something happened. What it was, the loop looks up itself, in the same tick. */
  wake(): void {
    this.#wake?.()
  }

  /** Resolves at the next `wake`, or after `limitMs`. One at a time. */
  wait(limitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = limitMs === undefined ? undefined : setTimeout(() => this.#wake?.(), limitMs)
      this.#wake = () => {
        this.#wake = null
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Sleeps its time whatever arrives meanwhile; the end of the session alone cuts it short. */
  async pauseFor(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms
    for (let leftMs = ms; leftMs > 0 && !this.#isEnded; leftMs = untilMs - this.clock.monotonicMs())
      await this.wait(leftMs)
  }

  /** @throws SessionEnded when the session ended while this was under way */
  async unlessEnded<T>(work: Promise<T>): Promise<T> {
    const result = await work
    if (this.#isEnded) throw new SessionEnded()
    return result
  }
}
