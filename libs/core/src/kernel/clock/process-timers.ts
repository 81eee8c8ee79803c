import type { Clock } from './clock.js'

/** Maximum delay of `setTimeout`: 31 bits of milliseconds. */
const MAX_TIMER_MS = 2_147_483_647

function startTimer(delayMs: number, run: () => void): NodeJS.Timeout {
  return setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS))
}

/**
 * The timers of the process, for code that never runs in simulated time. Code that also runs in simulated time is given a `Clock` instead.
 */
export const processTimers: Pick<Clock, 'after'> = {
  after: (delayMs, run) => {
    const timer = startTimer(delayMs, run)
    return () => clearTimeout(timer)
  },
}

/** Like `processTimers`, for work that must not keep the process alive: when nothing else is left to do, the process ends. */
export const backgroundTimers: Pick<Clock, 'after'> = {
  after: (delayMs, run) => {
    const timer = startTimer(delayMs, run).unref()
    return () => clearTimeout(timer)
  },
}
