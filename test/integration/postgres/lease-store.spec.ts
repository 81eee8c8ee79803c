import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AmbiguousWrite, type RenewRequest, type LeaseToken } from '@hooklane/core/lane'
import { PostgresLaneStore, PostgresLeaseStore, type PgPool } from '@hooklane/postgres'
import { describeLeaseStoreContract, eventually } from '@hooklane/testing'
import { DispatchStores, laneRow } from './dispatch-stores.js'

const WITHIN = { withinMs: 45_000 }

const saveOf = (token: LeaseToken, mainOffset: bigint, saveNo: bigint): RenewRequest => ({
  token,
  mainOffset,
  saveNo,
  done: Buffer.of(5),
})

describe('on PostgreSQL', () => {
  let stores: DispatchStores
  beforeAll(async () => {
    stores = await DispatchStores.create()
  })
  afterAll(async () => stores.close())

  describeLeaseStoreContract('PostgresLeaseStore', () =>
    Promise.resolve({
      store: stores.leases,
      createPartition: (workerGroup, partition) => stores.createPartition(workerGroup, partition),
      close: () => Promise.resolve(),
    }),
  )

  it('lets a takeover wait for a lane write that runs, so that the next owner reads what it wrote', async () => {
    const { token } = await stores.granted(50)
    const running = await writeLane(token)
    const taken = stores.ask(token.workerGroup)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await eventually(async () => expect(await lapsed(token)).toBe(true), WITHIN)
    await running.query('COMMIT')
    expect((await taken)?.token.epoch).toBe(token.epoch + 1n)
    expect(await stores.lanes.load(token.workerGroup, 0)).toHaveLength(1)
    expect(await stores.lanes.save(token, laneRow({ attempt: 9 }))).toBe('fenced')
  })

  it('keeps a lease without waiting for a lane write that runs', async () => {
    const { token } = await stores.granted()
    const running = await writeLane(token)
    // It answers before the write has ended: had it to wait, neither would ever end.
    expect(await stores.leases.keep([saveOf(token, 1n, 1n)], 60_000)).toEqual([token])
    await running.query('COMMIT')
  })

  it('lets a save that was held up and lands after a newer one lose', async () => {
    const { token } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [token.workerGroup])
    const late = stores.leases.keep([saveOf(token, 10n, 1n)], 60_000)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    // The newer save goes first: as if it had come by another way. The position is the same, what is done above it is not.
    await blocker.query(
      'UPDATE partition_owner SET main_offset = 10, main_done = $2, save_no = 2 WHERE worker_group = $1',
      [token.workerGroup, Buffer.of(9)],
    )
    await blocker.query('COMMIT')
    expect(await late).toEqual([])
    await stores.leases.release(token)
    expect(await stores.ask(token.workerGroup)).toMatchObject({ mainOffset: 10n, done: Buffer.of(9) })
  })

  it('gives no lease of a partition whose group is being removed, nor to one that waited while it was closed', async () => {
    const { token } = await stores.granted()
    await stores.leases.release(token)
    const closer = await stores.database.transaction()
    await closer.query('UPDATE partition_owner SET is_closed = true WHERE worker_group = $1', [token.workerGroup])
    const waiting = stores.ask(token.workerGroup)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await closer.query('COMMIT')
    expect(await waiting).toBeNull()
    expect(await stores.ask(token.workerGroup)).toBeNull()
  })

  it('lets whoever holds a lease when the group is closed finish, and say so', async () => {
    const { token } = await stores.granted()
    await stores.database.query('UPDATE hooklane.partition_owner SET is_closed = true WHERE worker_group = $1', [
      token.workerGroup,
    ])
    expect(await stores.leases.keep([saveOf(token, 3n, 1n)], 60_000)).toEqual([token])
    expect(await stores.lanes.save(token, laneRow())).toBe('done')
    await stores.leases.release(token)
    expect(await stores.ask(token.workerGroup)).toBeNull()
  })

  it('fences every token of a database that was promoted, and lets one lease pass before anybody acts', async () => {
    const { token } = await stores.granted()
    expect(await stores.leases.keep([saveOf(token, 7n, 1n)], 60_000)).toHaveLength(1)
    await stores.database.query(`UPDATE hooklane.partition_owner SET timeline = '000000FF' WHERE worker_group = $1`, [
      token.workerGroup,
    ])
    expect(await stores.leases.keep([saveOf(token, 8n, 2n)], 60_000)).toEqual([])
    expect(await stores.lanes.save(token, laneRow())).toBe('fenced')
    expect(await stores.ask(token.workerGroup, 300)).toBeNull()
    await eventually(async () => {
      const grant = await stores.ask(token.workerGroup, 300)
      expect(grant).toMatchObject({ mainOffset: 7n })
      expect(grant?.token.epoch).toBeGreaterThan(token.epoch + 1000n)
    }, WITHIN)
  })

  it('says that an outcome is unknown when the answer does not come in time', async () => {
    const { token } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [token.workerGroup])
    const hasty = new PostgresLeaseStore(stores.pool(200))
    await expect(hasty.keep([saveOf(token, 1n, 1n)], 60_000)).rejects.toBeInstanceOf(AmbiguousWrite)
    await expect(hasty.release(token)).rejects.toBeInstanceOf(AmbiguousWrite)
    await blocker.query('ROLLBACK')
  })

  it('says so as well when the server is away', async () => {
    const { token } = await stores.granted()
    await stores.database.refuseConnections()
    try {
      await expect(stores.leases.keep([saveOf(token, 1n, 1n)], 60_000)).rejects.toBeInstanceOf(AmbiguousWrite)
    } finally {
      await stores.database.acceptConnections()
    }
    expect(await stores.leases.keep([saveOf(token, 1n, 2n)], 60_000)).toEqual([token])
  })

  const lapsed = async (token: LeaseToken): Promise<boolean | undefined> =>
    (
      await stores.database.query<{ lapsed: boolean }>(
        'SELECT lease_until < clock_timestamp() AS lapsed FROM hooklane.partition_owner WHERE worker_group = $1',
        [token.workerGroup],
      )
    )[0]?.lapsed

  /** The shipped statement in the middle of its transaction. */
  async function writeLane(token: LeaseToken) {
    const running = await stores.database.transaction()
    expect(await new PostgresLaneStore(running as unknown as PgPool).save(token, laneRow())).toBe('done')
    return running
  }
})
