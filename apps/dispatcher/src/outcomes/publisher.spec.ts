import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { LogProducer } from '@hooklane/core/kernel'
import { systemClock } from '@hooklane/runtime'
import { Publisher } from './publisher.js'

const RECORD = { topic: 'attempts', key: 'app', value: 'x'.repeat(100) }

/** A publisher over a log that fails `failures` times and then succeeds when the test calls `release`. */
function publisherOver(failures: number) {
  let release: () => void = () => undefined
  const answered = new Promise<void>((resolve) => (release = resolve))
  const seen = { tries: 0, pauses: [] as number[] }
  const publish = () => (seen.tries++ < failures ? Promise.reject(new Error('away')) : answered)
  const producer: LogProducer = { publish, publishAll: () => Promise.reject(new Error('one by one')) }
  const publisher = new Publisher({ clock: systemClock, producer, onRetry: (_error, inMs) => seen.pauses.push(inMs) })
  return { publisher, seen, release }
}

describe('what must not get lost', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('is tried again with growing pauses until the log has it, and counts as held until then', async () => {
    const { publisher, seen, release } = publisherOver(8)
    const published = publisher.publish(RECORD, () => true)
    expect(publisher.unpublishedBytes).toBe(100)
    await jest.advanceTimersByTimeAsync(60_000)
    expect(seen.pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    expect(publisher.unpublishedBytes).toBe(100)
    release()
    await published
    expect(publisher.unpublishedBytes).toBe(0)
  })

  it('is given up once it is no longer needed here', async () => {
    const { publisher, seen } = publisherOver(Infinity)
    let isNeeded = true
    const published = publisher.publish(RECORD, () => isNeeded)
    await jest.advanceTimersByTimeAsync(250)
    isNeeded = false
    await jest.advanceTimersByTimeAsync(60_000)
    await published
    expect(publisher.unpublishedBytes).toBe(0)
    expect(seen.tries).toBeLessThan(5)
  })
})
