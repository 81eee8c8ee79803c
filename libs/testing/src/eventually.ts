export interface EventuallyOptions {
  /** How long to keep trying. Be generous: only a failing test uses it up. */
  readonly withinMs: number
  readonly everyMs?: number
}

/**
 * Calls `check` until it neither throws nor rejects, and returns its value. Throws its last error when the time is over. To prove that
 * something never happens, wait for a later event that does happen.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs, everyMs = 20 }: EventuallyOptions,
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() >= endMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
