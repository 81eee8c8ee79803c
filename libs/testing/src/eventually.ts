import { availableParallelism, loadavg } from 'node:os'

export interface EventuallyOptions {
  /** How long to keep trying on a machine that does nothing else. Be generous: only a failing test takes the whole time. */
  readonly withinMs: number
  /** Time between two calls. Default: a twentieth of the time waited so far, but at least 20 and at most 100. */
  readonly everyMs?: number
}

/**
 * Calls `check` until it neither throws nor rejects, and returns its value. Throws its last error when the time is over. To prove that
 * something never happens, wait for a later event that does happen.
 *
 * On a busy machine it keeps trying longer than `withinMs`, because no test measures how fast the machine is.
 */
export async function eventually<T>(check: () => T | Promise<T>, { withinMs, everyMs }: EventuallyOptions): Promise<T> {
  const startMs = performance.now()
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() - startMs >= withinMs * crowding()) throw error
    }
    const pauseMs = everyMs ?? pauseAfter(performance.now() - startMs)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Each failing check takes processor time, here and in the process that it asks. Frequent checks would slow that process down. */
const pauseAfter = (waitedMs: number): number => Math.min(Math.max(20, waitedMs / 20), 100)

/** How many processes per core want to run, times 2. The doubling is a reserve, because the load is an average over a minute. */
const crowding = (): number => Math.max(1, (2 * (loadavg()[0] ?? 0)) / availableParallelism())
