import { InMemoryLaneStore } from './in-memory-lane-store.js'
import { InMemoryLeaseStore } from './in-memory-lease-store.js'
import { describeLaneStoreContract, type LaneStoreHarness } from './lane-store-contract.js'
import { describeLeaseStoreContract } from './lease-store-contract.js'

const nothing = async (): Promise<void> => undefined

describeLeaseStoreContract('InMemoryLeaseStore', async () => ({
  store: new InMemoryLeaseStore(),
  createPartition: nothing,
  close: nothing,
}))

describeLaneStoreContract('InMemoryLaneStore', async () => {
  const leases = new InMemoryLeaseStore()
  const lanes = new InMemoryLaneStore(leases)
  const addOpenStream: LaneStoreHarness['addOpenStream'] = async (stream) => lanes.addOpenStream(stream)
  return { leases, lanes, createPartition: nothing, addOpenStream, close: nothing }
})
