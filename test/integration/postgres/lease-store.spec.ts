import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AmbiguousWrite, type KeepRequest, type Licence } from '@hooklane/core'
import { PostgresLaneStore, PostgresLeaseStore, type PgPool } from '@hooklane/postgres'
import { describeLeaseStoreContract, eventually } from '@hooklane/testing'
import { DispatchStores, laneRow } from './dispatch-stores.js'

const WITHIN = { withinMs: 45_000 }

const saveOf = (licence: Licence, mainOffset: bigint, saveNo: bigint): KeepRequest => ({
  licence,
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
    const { licence } = await stores.granted(50)
    const running = await writeLane(licence)
    const taken = stores.ask(licence.workerGroup)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await eventually(async () => expect(await lapsed(licence)).toBe(true), WITHIN)
    await running.query('COMMIT')
    expect((await taken)?.licence.epoch).toBe(licence.epoch + 1n)
    expect(await stores.lanes.load(licence.workerGroup, 0)).toHaveLength(1)
    expect(await stores.lanes.save(licence, laneRow({ attempt: 9 }))).toBe('fenced')
  })

  it('keeps a lease without waiting for a lane write that runs', async () => {
    const { licence } = await stores.granted()
    const running = await writeLane(licence)
    // It answers before the write has ended: had it to wait, neither would ever end.
    expect(await stores.leases.keep([saveOf(licence, 1n, 1n)], 60_000)).toEqual([licence])
    await running.query('COMMIT')
  })

  it('lets a save that was held up and lands after a newer one lose', async () => {
    const { licence } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [licence.workerGroup])
    const late = stores.leases.keep([saveOf(licence, 10n, 1n)], 60_000)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    // The newer save goes first: as if it had come by another way. The position is the same, what is done above it is not.
    await blocker.query(
      'UPDATE partition_owner SET main_offset = 10, main_done = $2, save_no = 2 WHERE worker_group = $1',
      [licence.workerGroup, Buffer.of(9)],
    )
    await blocker.query('COMMIT')
    expect(await late).toEqual([])
    await stores.leases.release(licence)
    expect(await stores.ask(licence.workerGroup)).toMatchObject({ mainOffset: 10n, done: Buffer.of(9) })
  })

  it('gives no lease of a partition whose group is being removed, nor to one that waited while it was closed', async () => {
    const { licence } = await stores.granted()
    await stores.leases.release(licence)
    const closer = await stores.database.transaction()
    await closer.query('UPDATE partition_owner SET is_closed = true WHERE worker_group = $1', [licence.workerGroup])
    const waiting = stores.ask(licence.workerGroup)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await closer.query('COMMIT')
    expect(await waiting).toBeNull()
    expect(await stores.ask(licence.workerGroup)).toBeNull()
  })

  it('lets whoever holds a lease when the group is closed finish, and say so', async () => {
    const { licence } = await stores.granted()
    await stores.database.query('UPDATE hooklane.partition_owner SET is_closed = true WHERE worker_group = $1', [
      licence.workerGroup,
    ])
    expect(await stores.leases.keep([saveOf(licence, 3n, 1n)], 60_000)).toEqual([licence])
    expect(await stores.lanes.save(licence, laneRow())).toBe('done')
    await stores.leases.release(licence)
    expect(await stores.ask(licence.workerGroup)).toBeNull()
  })

  it('fences every licence of a database that was promoted, and lets one lease pass before anybody acts', async () => {
    const { licence } = await stores.granted()
    expect(await stores.leases.keep([saveOf(licence, 7n, 1n)], 60_000)).toHaveLength(1)
    await stores.database.query(`UPDATE hooklane.partition_owner SET timeline = '000000FF' WHERE worker_group = $1`, [
      licence.workerGroup,
    ])
    expect(await stores.leases.keep([saveOf(licence, 8n, 2n)], 60_000)).toEqual([])
    expect(await stores.lanes.save(licence, laneRow())).toBe('fenced')
    expect(await stores.ask(licence.workerGroup, 300)).toBeNull()
    await eventually(async () => {
      const grant = await stores.ask(licence.workerGroup, 300)
      expect(grant).toMatchObject({ mainOffset: 7n })
      expect(grant?.licence.epoch).toBeGreaterThan(licence.epoch + 1000n)
    }, WITHIN)
  })

  it('says that an outcome is unknown when the answer does not come in time', async () => {
    const { licence } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [licence.workerGroup])
    const hasty = new PostgresLeaseStore(stores.pool(200))
    await expect(hasty.keep([saveOf(licence, 1n, 1n)], 60_000)).rejects.toBeInstanceOf(AmbiguousWrite)
    await expect(hasty.release(licence)).rejects.toBeInstanceOf(AmbiguousWrite)
    await blocker.query('ROLLBACK')
  })

  it('says so as well when the server is away', async () => {
    const { licence } = await stores.granted()
    await stores.database.refuseConnections()
    try {
      await expect(stores.leases.keep([saveOf(licence, 1n, 1n)], 60_000)).rejects.toBeInstanceOf(AmbiguousWrite)
    } finally {
      await stores.database.acceptConnections()
    }
    expect(await stores.leases.keep([saveOf(licence, 1n, 2n)], 60_000)).toEqual([licence])
  })

  const lapsed = async (licence: Licence): Promise<boolean | undefined> =>
    (
      await stores.database.query<{ lapsed: boolean }>(
        'SELECT lease_until < clock_timestamp() AS lapsed FROM hooklane.partition_owner WHERE worker_group = $1',
        [licence.workerGroup],
      )
    )[0]?.lapsed

  /** The shipped statement in the middle of its transaction. */
  async function writeLane(licence: Licence) {
    const running = await stores.database.transaction()
    expect(await new PostgresLaneStore(running as unknown as PgPool).save(licence, laneRow())).toBe('done')
    return running
  }
})
