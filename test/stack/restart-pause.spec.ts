import { describe, expect, it } from '@jest/globals'
import { RestartPause } from '../../tools/stack/restart-pause.mjs'

const MINUTE_MS = 60_000

describe('the pause before a restart', () => {
  it('grows while a process ends again soon, ready or not', () => {
    const pause = new RestartPause()
    const ranMs = [5_000, 0, 9 * MINUTE_MS, 5_000, 5_000, 5_000]
    expect(ranMs.map((ms) => pause.afterEnd(ms))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  })

  it('is short again after ten minutes without an end', () => {
    const pause = new RestartPause()
    expect([5_000, 5_000, 10 * MINUTE_MS, 5_000].map((ms) => pause.afterEnd(ms))).toEqual([1_000, 2_000, 1_000, 2_000])
  })

  it('is short after an end on purpose, which neither counts nor makes up for others', () => {
    const pause = new RestartPause()
    pause.afterEnd(5_000)
    expect([pause.afterKill(), pause.afterKill(), pause.afterEnd(5_000)]).toEqual([1_000, 1_000, 2_000])
  })
})
