import { availableParallelism, loadavg } from 'node:os'

export interface EventuallyOptions {
  /** How long to keep trying on a machine that does nothing else. Be generous: only a failing test uses it up. */
  readonly withinMs: number
  /** Time between two calls. Default: a twentieth of the time waited so far, but at least 20 and at most 100. */
  readonly everyMs?: number
}

/**
 * Calls `check` until it neither throws nor rejects, and returns its value. Throws its last error when the time is over. To prove that
 * something never happens, wait for a later event that does happen.
 *
 * On a crowded machine there is more time: no test measures how fast the machine is.
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

/** A check that fails takes milliseconds, here and in the process that it asks: many at once take the processor from what they wait for. */
const pauseAfter = (waitedMs: number): number => Math.min(Math.max(20, waitedMs / 20), 100)

/** How many processes want to run, per core, and as much again to be safe: the load is an average over a minute. */
const crowding = (): number => Math.max(1, (2 * (loadavg()[0] ?? 0)) / availableParallelism())
