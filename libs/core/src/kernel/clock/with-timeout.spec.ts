import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { processTimers } from './process-timers.js'
import { endsWithin, withTimeout } from './with-timeout.js'

const LIMIT_MS = 1_000

/** Work that ends when the test says so, and the signal that ends the wait for it. */
class Scene {
  resolve: (value: string) => void = () => undefined
  reject: (error: Error) => void = () => undefined
  readonly stopping = new AbortController()
  readonly work = new Promise<string>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}

interface Case {
  readonly name: string
  readonly before?: (scene: Scene) => void
  readonly during?: (scene: Scene) => void
  readonly afterMs: number
  /** What `withTimeout` and `endsWithin` give; an error is thrown. */
  readonly becomes: readonly [string, boolean] | Error
}

const broken = new Error('broken')
const CASES: readonly Case[] = [
  { name: 'has ended before', before: ({ resolve }) => resolve('done'), afterMs: 0, becomes: ['done', true] },
  { name: 'has failed before', before: ({ reject }) => reject(broken), afterMs: 0, becomes: broken },
  { name: 'ends in time', during: ({ resolve }) => resolve('done'), afterMs: LIMIT_MS - 1, becomes: ['done', true] },
  { name: 'fails in time', during: ({ reject }) => reject(broken), afterMs: LIMIT_MS - 1, becomes: broken },
  { name: 'does not end in time', afterMs: LIMIT_MS, becomes: ['late', false] },
  { name: 'is given up before', before: ({ stopping }) => stopping.abort(), afterMs: 0, becomes: ['late', false] },
  { name: 'is given up', during: ({ stopping }) => stopping.abort(), afterMs: 400, becomes: ['late', false] },
]

const LIMITS = [
  {
    name: 'withTimeout',
    limited: ({ work, stopping: { signal } }: Scene): Promise<unknown> =>
      withTimeout(processTimers, work, { limitMs: LIMIT_MS, onTimeout: () => 'late', signal }),
    place: 0,
  },
  {
    name: 'endsWithin',
    limited: ({ work, stopping: { signal } }: Scene): Promise<unknown> =>
      endsWithin(processTimers, work, { limitMs: LIMIT_MS, signal }),
    place: 1,
  },
] as const

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

describe.each(LIMITS)('$name', ({ limited, place }) => {
  it.each(CASES)('settles at the right time when the work $name', async ({ before, during, afterMs, becomes }) => {
    const scene = new Scene()
    scene.work.catch(() => undefined)
    const removed = jest.spyOn(scene.stopping.signal, 'removeEventListener')
    before?.(scene)
    const settled: unknown[] = []
    void limited(scene).then(
      (value) => settled.push(value),
      (error: unknown) => settled.push(error),
    )
    if (afterMs > 0) {
      await jest.advanceTimersByTimeAsync(afterMs - 1)
      expect(settled).toEqual([])
      await jest.advanceTimersByTimeAsync(1)
    }
    during?.(scene)
    await jest.advanceTimersByTimeAsync(0)
    expect(settled).toEqual([becomes instanceof Error ? becomes : becomes[place]])
    // A timer that is left would keep the process alive until the limit; a listener, for as long as the signal lives.
    expect(jest.getTimerCount()).toBe(0)
    expect(removed).toHaveBeenCalledTimes(1)
  })

  it.each(['resolve', 'reject'] as const)('does not mind work that settles late (%s)', async (how) => {
    const scene = new Scene()
    const ended = limited(scene)
    await jest.advanceTimersByTimeAsync(LIMIT_MS)
    expect(await ended).toBe(place === 0 ? 'late' : false)
    if (how === 'resolve') scene.resolve('done')
    else scene.reject(broken)
    // An unhandled rejection would end the test.
    await jest.advanceTimersByTimeAsync(LIMIT_MS)
  })
})

describe('withTimeout', () => {
  it('throws what `onTimeout` throws', async () => {
    const refuse = (): never => {
      throw broken
    }
    const ended = withTimeout(processTimers, new Scene().work, { limitMs: LIMIT_MS, onTimeout: refuse })
    const refused = expect(ended).rejects.toBe(broken)
    await jest.advanceTimersByTimeAsync(LIMIT_MS)
    await refused
    expect(jest.getTimerCount()).toBe(0)
  })
})
