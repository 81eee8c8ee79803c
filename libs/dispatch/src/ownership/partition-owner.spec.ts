import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { Clock } from '@hooklane/core/kernel'
import { AmbiguousWrite, type Grant, type LeaseStore } from '@hooklane/core/lane'
import type { SessionHandle } from '../session/session-handle.js'
import { PartitionOwner } from './partition-owner.js'

const TOKEN = { workerGroup: 'g', partition: 0, owner: 'o', epoch: 1n }

const CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  defer: (run) => void setImmediate(run),
}

/** An owner whose sessions end by themselves, at the position that the test chooses. */
function ownerWhere(sessionEndsAt: () => { readonly saved: bigint | null; readonly low: bigint }) {
  const seen = { openedAtMs: [] as number[], isStoreAway: false }
  let saved: bigint | null = null
  const grant = (): Promise<Grant> =>
    seen.isStoreAway
      ? Promise.reject(new AmbiguousWrite('away'))
      : Promise.resolve({ token: TOKEN, mainOffset: saved, done: null })
  const owner = new PartitionOwner({
    workerGroup: 'g',
    partition: 0,
    instance: 'i',
    leaseTtlMs: 40_000,
    clock: CLOCK,
    leaseStore: { grant, release: () => Promise.resolve() } as unknown as LeaseStore,
    offsets: () => Promise.resolve({ partition: 0, low: 0n, high: 1_000n }),
    open: () => {
      seen.openedAtMs.push(performance.now())
      const start = saved ?? 0n
      const offsets = { low: start, next: start }
      const state = { offsets, savedOffset: saved }
      const ended = Promise.resolve().then(() => {
        const end = sessionEndsAt()
        offsets.low = end.low
        state.savedOffset = end.saved
        saved = end.saved
      })
      return Promise.resolve({ state, ended, handle: () => undefined } as unknown as SessionHandle)
    },
    read: () => undefined,
    onBadPosition: () => undefined,
    onRetry: () => undefined,
    onAcquired: () => undefined,
  })
  const pauses = () => seen.openedAtMs.slice(1).map((atMs, n) => Math.round(atMs - (seen.openedAtMs[n] ?? 0)))
  return { owner, seen, pauses }
}

describe('an owner whose sessions end', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('at the same position again and again takes the partition over less and less often', async () => {
    const { owner, pauses } = ownerWhere(() => ({ saved: 5n, low: 5n }))
    await jest.advanceTimersByTimeAsync(20_000)
    expect(pauses().slice(0, 6)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000])
    await owner.release('revoked')
  })

  it('with progress of the position in between takes it over soon', async () => {
    let position = 0n
    const { owner, pauses } = ownerWhere(() => {
      position += 10n
      return { saved: position, low: position }
    })
    await jest.advanceTimersByTimeAsync(1_100)
    expect(pauses()).toEqual([250, 250, 250, 250])
    await owner.release('revoked')
  })

  it('goes on waiting longer when the store is away in between', async () => {
    const { owner, seen, pauses } = ownerWhere(() => ({ saved: 5n, low: 5n }))
    await jest.advanceTimersByTimeAsync(300)
    expect(pauses()).toEqual([250])
    seen.isStoreAway = true
    await jest.advanceTimersByTimeAsync(20_000)
    seen.isStoreAway = false
    await jest.advanceTimersByTimeAsync(10_000)
    expect(pauses().at(-1)).toBe(5_000)
    await owner.release('revoked')
  })
})
