import type { Clock } from '@hooklane/core/kernel'

/** Maximum delay of `setTimeout`: 31 bits of milliseconds. */
const MAX_TIMER_MS = 2_147_483_647

/** The process's clocks and timers. `monotonicMs` continues while the process is frozen. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
  defer: (run) => void setImmediate(run),
}
