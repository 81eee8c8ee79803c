import { availableParallelism, loadavg } from 'node:os'

export interface EventuallyOptions {
  /** How long to keep trying on a machine that does nothing else. Be generous: only a failing test uses it up. */
  readonly withinMs: number
  readonly everyMs?: number
}

/**
 * Calls `check` until it neither throws nor rejects, and returns its value. Throws its last error when the time is over. To prove that
 * something never happens, wait for a later event that does happen.
 *
 * On a crowded machine there is more time: no test measures how fast the machine is.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs, everyMs = 20 }: EventuallyOptions,
): Promise<T> {
  const startMs = performance.now()
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() - startMs >= withinMs * crowding()) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** How many processes want to run, per core, and as much again to be safe: the load is an average over a minute. */
const crowding = (): number => Math.max(1, (2 * (loadavg()[0] ?? 0)) / availableParallelism())
