import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { processTimers } from './process-timers.js'
import { every, InterruptiblePause, pause } from './waiting.js'

/** Returns whether the promise is settled once everything that is due now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  void promise.then(() => (settled = true))
  await jest.advanceTimersByTimeAsync(0)
  return settled
}

/** Fails if a timer is left that would keep the process alive. */
const expectNoTimer = (): void => expect(jest.getTimerCount()).toBe(0)

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

describe('a pause', () => {
  it('ends after its time, not before, and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    const removed = jest.spyOn(signal, 'removeEventListener')
    const paused = pause(processTimers, 1_000, signal)
    await jest.advanceTimersByTimeAsync(999)
    expect(await isSettled(paused)).toBe(false)
    await jest.advanceTimersByTimeAsync(1)
    expect(await isSettled(paused)).toBe(true)
    expect(removed).toHaveBeenCalledTimes(1)
    expectNoTimer()
  })

  it('ends at once, without a timer, when its signal has aborted before', async () => {
    expect(await isSettled(pause(processTimers, 1_000, AbortSignal.abort()))).toBe(true)
    expectNoTimer()
  })

  it('ends as soon as its signal aborts, and its timer is cleared', async () => {
    const stopping = new AbortController()
    const paused = pause(processTimers, 1_000, stopping.signal)
    expect(await isSettled(paused)).toBe(false)
    stopping.abort()
    expectNoTimer()
    expect(await isSettled(paused)).toBe(true)
  })
})

describe('an interruptible pause', () => {
  it.each([0, 1_000])('ends after its time of %d ms', async (ms) => {
    const paused = new InterruptiblePause(processTimers).wait(ms)
    await jest.advanceTimersByTimeAsync(ms)
    expect(await isSettled(paused)).toBe(true)
    expectNoTimer()
  })

  it.each([1_000, undefined])('of %s ms ends when it is interrupted, and its timer is cleared', async (ms) => {
    const pauses = new InterruptiblePause(processTimers)
    const paused = pauses.wait(ms)
    expect(await isSettled(paused)).toBe(false)
    pauses.interrupt()
    expectNoTimer()
    expect(await isSettled(paused)).toBe(true)
  })

  it('is not shortened by an interruption that came before it', async () => {
    const pauses = new InterruptiblePause(processTimers)
    pauses.interrupt()
    await Promise.all([pauses.wait(10), jest.advanceTimersByTimeAsync(10)])
    pauses.interrupt()
    const paused = pauses.wait(1_000)
    expect(await isSettled(paused)).toBe(false)
    pauses.interrupt()
  })

  it('ends when the next one begins', async () => {
    const pauses = new InterruptiblePause(processTimers)
    const first = pauses.wait()
    const second = pauses.wait(1_000)
    expect(await isSettled(first)).toBe(true)
    expect(await isSettled(second)).toBe(false)
    pauses.interrupt()
    expectNoTimer()
  })
})

describe('calls at intervals', () => {
  it('come until they are stopped, and then no timer is left', async () => {
    const run = jest.fn()
    const stop = every(processTimers, 100, run)
    expect(run).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(350)
    expect(run).toHaveBeenCalledTimes(3)
    stop()
    expectNoTimer()
  })
})
