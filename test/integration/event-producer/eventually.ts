import { setTimeout as delay } from 'node:timers/promises'

/** Repeats the check until it no longer throws. After the time limit, which only a failing test uses up, rethrows the last error. */
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
