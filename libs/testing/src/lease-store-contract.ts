import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Grant, RenewRequest, LeaseStore, LeaseToken } from '@hooklane/core/lane'

export interface LeaseStoreHarness {
  readonly store: LeaseStore
  /** Creates the partition, without an owner and without a saved position. */
  createPartition(workerGroup: string, partition: number): Promise<void>
  close(): Promise<void>
}

/** Durations of a lease that outlasts the test, and of a lease whose end the test waits for. */
const LONG_MS = 60_000
const SHORT_MS = 150

/** The contract that every implementation of `LeaseStore` must fulfil. */
export function describeLeaseStoreContract(name: string, make: () => Promise<LeaseStoreHarness>): void {
  describe(`${name} as LeaseStore`, () => {
    let harness: LeaseStoreHarness
    let workerGroup: string
    beforeEach(async () => {
      harness = await make()
      workerGroup = `lease-${randomUUID().slice(0, 8)}`
      await harness.createPartition(workerGroup, 0)
    })
    afterEach(() => harness.close())

    const ask = (leaseMs = LONG_MS): Promise<Grant | null> =>
      harness.store.grant({ workerGroup, partition: 0, owner: randomUUID(), instance: 'contract', leaseMs })
    const granted = async (leaseMs?: number): Promise<Grant> => {
      const grant = await ask(leaseMs)
      if (!grant) throw new Error('the lease was refused')
      return grant
    }
    const keep = async (request: RenewRequest): Promise<boolean> =>
      (await harness.store.keep([request], LONG_MS)).includes(request.token)
    const saveOf = (token: LeaseToken, mainOffset: bigint, saveNo: bigint): RenewRequest => {
      return { token, mainOffset, saveNo, done: Buffer.from([Number(mainOffset % 256n)]) }
    }

    it('grants a new partition without a position', async () => {
      expect(await granted()).toMatchObject({ mainOffset: null, done: null, token: { workerGroup, partition: 0 } })
    })

    it('refuses while another owner holds the lease', async () => {
      await granted()
      expect(await ask()).toBeNull()
    })

    it('grants at once after a release, with a higher epoch and the saved position', async () => {
      const { token } = await granted()
      expect(await keep(saveOf(token, 42n, 1n))).toBe(true)
      await harness.store.release(token)
      const next = await granted()
      expect(next).toMatchObject({ mainOffset: 42n, done: Buffer.from([42]) })
      expect(next.token.epoch > token.epoch).toBe(true)
    })

    it('grants a lease that has expired, and fences its former holder', async () => {
      const { token } = await granted(SHORT_MS)
      let next = await ask()
      while (!next) {
        await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 5))
        next = await ask()
      }
      expect(await keep(saveOf(token, 7n, 1n))).toBe(false)
      expect(await keep(saveOf(next.token, 8n, 1n))).toBe(true)
      await harness.store.release(next.token)
      expect((await granted()).mainOffset).toBe(8n)
    })

    it('extends the lease with every save', async () => {
      const { token } = await granted(SHORT_MS)
      expect(await keep(saveOf(token, 1n, 1n))).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, SHORT_MS * 1.5))
      expect(await ask()).toBeNull()
    })

    it('ignores the release of a former owner', async () => {
      const first = await granted()
      await harness.store.release(first.token)
      await granted()
      await harness.store.release(first.token)
      expect(await ask()).toBeNull()
    })

    it('never lets an older save win', async () => {
      const { token } = await granted()
      expect(await keep(saveOf(token, 20n, 2n))).toBe(true)
      expect(await keep(saveOf(token, 30n, 1n))).toBe(false)
      expect(await keep(saveOf(token, 10n, 3n))).toBe(false)
      await harness.store.release(token)
      expect((await granted()).mainOffset).toBe(20n)
    })

    it('returns a result for each partition separately', async () => {
      await harness.createPartition(workerGroup, 1)
      const first = await granted()
      const other = await harness.store.grant({
        workerGroup,
        partition: 1,
        owner: randomUUID(),
        instance: 'contract',
        leaseMs: LONG_MS,
      })
      if (!other) throw new Error('the lease was refused')
      const stale = { ...first.token, owner: randomUUID() }
      const kept = await harness.store.keep([saveOf(stale, 1n, 1n), saveOf(other.token, 1n, 1n)], LONG_MS)
      expect(kept).toEqual([other.token])
    })
  })
}
