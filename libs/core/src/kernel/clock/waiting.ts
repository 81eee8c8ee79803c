import type { Clock } from './clock.js'

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. Never rejects. */
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

/** Pauses that can be cut short. One at a time: a new pause ends the previous one. */
export class InterruptiblePause {
  private end: () => void = () => undefined

  constructor(private readonly clock: Pick<Clock, 'after'>) {}

  /** Resolves after `ms` milliseconds, or at the next `interrupt`. Without `ms`, only at the next `interrupt`. */
  wait(ms?: number): Promise<void> {
    this.interrupt()
    return new Promise((resolve) => {
      const cancel = ms === undefined ? undefined : this.clock.after(ms, () => resolve())
      this.end = () => {
        cancel?.()
        resolve()
      }
    })
  }

  interrupt(): void {
    this.end()
  }
}

/** Calls `run` every `ms` milliseconds, for the first time after `ms`. Returns a function that stops the calls. */
export function every(clock: Pick<Clock, 'after'>, ms: number, run: () => void): () => void {
  const turn = (): void => {
    cancel = clock.after(ms, turn)
    run()
  }
  let cancel = clock.after(ms, turn)
  return () => cancel()
}
