import { processTimers, type Clock } from '@hooklane/core/kernel'

/** The process's clocks and timers. `monotonicMs` continues while the process is frozen. */
export const systemClock: Clock = {
  ...processTimers,
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  defer: (run) => void setImmediate(run),
}
