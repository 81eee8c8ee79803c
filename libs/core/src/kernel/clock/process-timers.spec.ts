import { describe, expect, it, jest } from '@jest/globals'
import { backgroundTimers, processTimers } from './process-timers.js'

const timersThatKeepTheProcess = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

describe.each([
  { name: 'process timers', timers: processTimers, keeps: 1 },
  { name: 'background timers', timers: backgroundTimers, keeps: 0 },
])('$name', ({ timers, keeps }) => {
  it(`hold the process ${keeps === 1 ? 'until the call' : 'not'}`, () => {
    const before = timersThatKeepTheProcess()
    const cancel = timers.after(60_000, () => undefined)
    expect(timersThatKeepTheProcess() - before).toBe(keeps)
    cancel()
    expect(timersThatKeepTheProcess()).toBe(before)
  })

  it.each([
    [-5, 0],
    [0, 0],
    [20, 19],
  ])('call once after %d ms', (delayMs, quietMs) => {
    jest.useFakeTimers()
    try {
      const run = jest.fn()
      timers.after(delayMs, run)
      if (quietMs > 0) jest.advanceTimersByTime(quietMs)
      expect(run).not.toHaveBeenCalled()
      jest.advanceTimersByTime(100)
      expect(run).toHaveBeenCalledTimes(1)
    } finally {
      jest.useRealTimers()
    }
  })

  it('do not call at once after a delay that is too long for the timers of the process', () => {
    jest.useFakeTimers()
    try {
      const run = jest.fn()
      const cancel = timers.after(Number.MAX_SAFE_INTEGER, run)
      jest.advanceTimersByTime(24 * 86_400_000)
      expect(run).not.toHaveBeenCalled()
      cancel()
      expect(jest.getTimerCount()).toBe(0)
    } finally {
      jest.useRealTimers()
    }
  })
})
