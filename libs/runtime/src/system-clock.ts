import type { Clock } from '@hooklane/core'

/** The process's clocks. `monotonicMs` goes on while the process is frozen. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}
