import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { LaneRow, LaneStore, LeaseStore, LeaseToken, OpenStream } from '@hooklane/core/lane'

export interface LaneStoreHarness {
  readonly leases: LeaseStore
  readonly lanes: LaneStore
  /** Creates the partition, without an owner and without a saved position. */
  createPartition(workerGroup: string, partition: number): Promise<void>
  /** Adds the stream of a deleted app. */
  addOpenStream(stream: OpenStream): Promise<void>
  close(): Promise<void>
}

/** The contract that every implementation of `LaneStore` must fulfil. */
export function describeLaneStoreContract(name: string, make: () => Promise<LaneStoreHarness>): void {
  describe(`${name} as LaneStore`, () => {
    let harness: LaneStoreHarness
    let token: LeaseToken
    beforeEach(async () => {
      harness = await make()
      const workerGroup = `lane-${randomUUID().slice(0, 8)}`
      await harness.createPartition(workerGroup, 0)
      token = await grant(workerGroup)
    })
    afterEach(() => harness.close())

    const grant = async (workerGroup: string): Promise<LeaseToken> => {
      const request = { workerGroup, partition: 0, owner: randomUUID(), instance: 'contract', leaseMs: 60_000 }
      const answer = await harness.leases.grant(request)
      if (!answer) throw new Error('the lease was refused')
      return answer.token
    }
    const load = (): Promise<readonly LaneRow[]> => harness.lanes.load(token.workerGroup, token.partition)
    const parked = (change: Partial<LaneRow> = {}): LaneRow => ({
      workerGroup: token.workerGroup,
      partition: token.partition,
      appId: 'app_1',
      companyId: 'cmp_1',
      mode: 'parked',
      reason: 'failing',
      settled: 9_007_199_254_740_993n,
      settledSource: 12n,
      floorOffset: 77n,
      attempt: 3,
      firstAttemptAgoMs: 60_000,
      nextAttemptInMs: 360_000,
      lastError: 'http_503',
      gaps: [
        { sequence: 1n, to: 5n, id: null, status: 'lost', reason: 'missing' },
        { sequence: 6n, id: 'msg_6', status: 'deadLettered', reason: 'http_422' },
      ],
      routeVersion: 2,
      ...change,
    })

    it('loads what was saved, with durations that include the time since the save', async () => {
      expect(await harness.lanes.save(token, parked())).toBe('done')
      const [row] = await load()
      expect({ ...row, firstAttemptAgoMs: 60_000, nextAttemptInMs: 360_000 }).toEqual(parked())
      expect(row?.firstAttemptAgoMs).toBeGreaterThanOrEqual(60_000 - 1)
      expect(row?.firstAttemptAgoMs).toBeLessThan(65_000)
      expect(row?.nextAttemptInMs).toBeLessThanOrEqual(360_000 + 1)
      expect(row?.nextAttemptInMs).toBeGreaterThan(355_000)
    })

    it('replaces the row of an app', async () => {
      await harness.lanes.save(token, parked())
      const floor = parked({
        mode: 'flow',
        reason: null,
        settled: 11n,
        settledSource: null,
        attempt: 0,
        firstAttemptAgoMs: null,
        nextAttemptInMs: null,
        lastError: null,
        gaps: [],
      })
      expect(await harness.lanes.save(token, floor)).toBe('done')
      expect(await load()).toEqual([floor])
    })

    it('loads the rows of one partition', async () => {
      await harness.lanes.save(token, parked())
      await harness.lanes.save(token, parked({ appId: 'app_2' }))
      expect((await load()).map((row) => row.appId).sort()).toEqual(['app_1', 'app_2'])
      expect(await harness.lanes.load(token.workerGroup, 1)).toEqual([])
    })

    it('keeps the rows of two companies apart, whatever their apps are called', async () => {
      await harness.lanes.save(token, parked())
      await harness.lanes.save(token, parked({ companyId: 'cmp_2', settled: 5n }))
      const rows = async () => (await load()).map(({ companyId, settled }) => `${companyId} ${settled}`).sort()
      expect(await rows()).toEqual([`cmp_1 ${parked().settled}`, 'cmp_2 5'])
      await harness.lanes.delete(token, parked())
      expect(await rows()).toEqual(['cmp_2 5'])
    })

    it('deletes a row, and returns done also when there is no row', async () => {
      await harness.lanes.save(token, parked())
      expect(await harness.lanes.delete(token, parked())).toBe('done')
      expect(await harness.lanes.delete(token, parked())).toBe('done')
      expect(await load()).toEqual([])
    })

    it('records the end of a stream in the same write as the row, for that epoch only', async () => {
      const app = (n: number) => `${token.workerGroup}.${n}`
      const streams = [
        { appId: app(1), epoch: 1, workerGroup: token.workerGroup },
        { appId: app(1), epoch: 2, workerGroup: token.workerGroup },
        { appId: app(2), epoch: 1, workerGroup: token.workerGroup },
      ]
      for (const stream of streams) await harness.addOpenStream(stream)
      const open = async (...apps: string[]) =>
        (await harness.lanes.openStreams(apps)).map(({ appId, epoch }) => `${appId}/${epoch}`).sort()
      const all = streams.map(({ appId, epoch }) => `${appId}/${epoch}`)
      await harness.lanes.save(token, parked({ appId: app(1) }))
      expect(await open(app(1), app(2), app(3))).toEqual(all)
      expect(await harness.lanes.save(token, parked({ appId: app(1) }), 1)).toBe('done')
      expect(await open(app(1), app(2))).toEqual(all.slice(1))
      expect(await harness.lanes.save(token, parked({ appId: app(1) }), 1)).toBe('done')
      expect(await harness.lanes.openStreams([app(2)])).toEqual(streams.slice(2))
      await harness.leases.release(token)
      expect(await harness.lanes.save(token, parked({ appId: app(1) }), 2)).toBe('fenced')
      expect(await open(app(1))).toEqual(all.slice(1, 2))
    })

    it('fences an owner that no longer holds the lease token', async () => {
      await harness.lanes.save(token, parked())
      await harness.leases.release(token)
      expect(await harness.lanes.save(token, parked({ attempt: 9 }))).toBe('fenced')
      const next = await grant(token.workerGroup)
      expect(await harness.lanes.save(token, parked({ attempt: 9 }))).toBe('fenced')
      expect(await harness.lanes.delete(token, parked())).toBe('fenced')
      expect((await load()).map((row) => row.attempt)).toEqual([3])
      expect(await harness.lanes.save(next, parked({ attempt: 4 }))).toBe('done')
    })
  })
}
