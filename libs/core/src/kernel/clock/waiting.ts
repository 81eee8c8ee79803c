import type { Clock } from './clock.js'

/** Resolves when so many milliseconds have passed, or as soon as the signal aborts. Never rejects. */
export function pause(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal?.addEventListener('abort', end, { once: true })
  })
}

/** Pauses that can be cut short. One at a time: a further one ends the one before. */
export class InterruptiblePause {
  private current = new AbortController()

  constructor(private readonly clock: Pick<Clock, 'after'>) {}

  /** Resolves when so many milliseconds have passed, or at the next `interrupt`. */
  last(ms: number): Promise<void> {
    this.interrupt()
    this.current = new AbortController()
    return pause(this.clock, ms, this.current.signal)
  }

  interrupt(): void {
    this.current.abort()
  }
}

/** Runs it again and again, the first time when so many milliseconds have passed. Returns what ends that. */
export function every(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  const turn = (): void => {
    cancel = clock.after(ms, turn)
    run()
  }
  let cancel = clock.after(ms, turn)
  return () => cancel()
}
