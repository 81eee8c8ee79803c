import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AmbiguousWrite } from '@hooklane/core/lane'
import { PostgresLaneStore } from '@hooklane/postgres'
import { describeLaneStoreContract, eventually } from '@hooklane/testing'
import { DispatchStores, laneRow } from './dispatch-stores.js'

const WITHIN = { withinMs: 45_000 }

describe('on PostgreSQL', () => {
  let stores: DispatchStores
  beforeAll(async () => {
    stores = await DispatchStores.create()
  })
  afterAll(async () => stores.close())

  describeLaneStoreContract('PostgresLaneStore', () =>
    Promise.resolve({
      leases: stores.leases,
      lanes: stores.lanes,
      createPartition: (workerGroup, partition) => stores.createPartition(workerGroup, partition),
      addOpenStream: (stream) => stores.addOpenStream(stream),
      close: () => Promise.resolve(),
    }),
  )

  it('writes nothing when a takeover got in between the request and the write', async () => {
    const { token } = await stores.granted()
    const takeover = await stores.database.transaction()
    await takeover.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [token.workerGroup])
    const late = stores.lanes.save(token, laneRow())
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await takeover.query('UPDATE partition_owner SET epoch = epoch + 1 WHERE worker_group = $1', [token.workerGroup])
    await takeover.query('COMMIT')
    expect(await late).toBe('fenced')
    expect(await stores.lanes.load(token.workerGroup, 0)).toEqual([])
  })

  it('remembers since when a lane is parked, until it flows again', async () => {
    const { token } = await stores.granted()
    const parkedAt = async () =>
      (
        await stores.database.query<{ at: string | null }>(
          'SELECT parked_at::text AS at FROM hooklane.lane WHERE worker_group = $1',
          [token.workerGroup],
        )
      )[0]?.at
    await stores.lanes.save(token, laneRow())
    const first = await parkedAt()
    await stores.lanes.save(token, laneRow({ attempt: 4 }))
    expect(await parkedAt()).toBe(first)
    await stores.lanes.save(token, laneRow({ mode: 'flow', reason: null }))
    expect(await parkedAt()).toBeNull()
  })

  it('says that an outcome is unknown when the answer does not come in time', async () => {
    const { token } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [token.workerGroup])
    const hasty = new PostgresLaneStore(stores.pool(200))
    await expect(hasty.save(token, laneRow())).rejects.toBeInstanceOf(AmbiguousWrite)
    await expect(hasty.delete(token, laneRow())).rejects.toBeInstanceOf(AmbiguousWrite)
    await blocker.query('ROLLBACK')
    expect(await stores.lanes.save(token, laneRow())).toBe('done')
  })

  it('says so as well when the connection ends in the middle', async () => {
    const { token } = await stores.granted()
    const blocker = await stores.database.transaction()
    await blocker.query('SELECT 1 FROM partition_owner WHERE worker_group = $1 FOR UPDATE', [token.workerGroup])
    const cutOff = stores.lanes.save(token, laneRow())
    const rejected = expect(cutOff).rejects.toBeInstanceOf(AmbiguousWrite)
    await eventually(async () => expect(await stores.database.waiting()).toBe(1), WITHIN)
    await stores.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    await rejected
    await blocker.query('ROLLBACK')
  })
})
