import type { Clock } from './clock.js'

interface WaitLimit {
  readonly limitMs: number
  /** Aborting this signal ends the wait as if the time had run out. */
  readonly signal?: AbortSignal | undefined
}

export interface TimeLimit<Late> extends WaitLimit {
  /** Called when the time ran out before the work ended. Its result is returned, or its error thrown, instead of that of the work. */
  readonly onTimeout: () => Late
}

const TIMED_OUT = Symbol('timed out')

/**
 * Resolves or rejects as `work` does, if it ends within `limitMs` milliseconds. Otherwise the work continues and its outcome is ignored,
 * even if it rejects.
 */
export async function withTimeout<T, Late>(
  clock: Pick<Clock, 'after'>,
  work: Promise<T>,
  { limitMs, onTimeout, signal }: TimeLimit<Late>,
): Promise<T | Late> {
  let end: () => void = () => undefined
  const elapsed = new Promise<typeof TIMED_OUT>((resolve) => (end = () => resolve(TIMED_OUT)))
  const cancel = clock.after(limitMs, end)
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  try {
    const first = await Promise.race([work, elapsed])
    return first === TIMED_OUT ? onTimeout() : first
  } finally {
    cancel()
    signal?.removeEventListener('abort', end)
  }
}

/**
 * Waits for `work` for at most `limitMs` milliseconds, or until the signal aborts. Returns whether the work ended in that time. If not, the
 * work continues. Rejects when the work rejects in that time.
 */
export function endsWithin(clock: Pick<Clock, 'after'>, work: Promise<unknown>, limit: WaitLimit): Promise<boolean> {
  const ended = work.then(() => true)
  return withTimeout(clock, ended, { ...limit, onTimeout: () => false })
}
