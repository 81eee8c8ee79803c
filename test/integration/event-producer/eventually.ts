import { setTimeout as delay } from 'node:timers/promises'

/** Repeats until it no longer throws; then the last error is thrown. The limit is used up by a failing test only. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 45_000): Promise<T> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await delay(25)
    }
  }
}
