import { InMemoryLaneStore } from './in-memory-lane-store.js'
import { InMemoryLeaseStore } from './in-memory-lease-store.js'
import { describeLaneStoreContract } from './lane-store-contract.js'
import { describeLeaseStoreContract } from './lease-store-contract.js'

const nothing = async (): Promise<void> => undefined

describeLeaseStoreContract('InMemoryLeaseStore', async () => ({
  store: new InMemoryLeaseStore(),
  createPartition: nothing,
  close: nothing,
}))

describeLaneStoreContract('InMemoryLaneStore', async () => {
  const leases = new InMemoryLeaseStore()
  return { leases, lanes: new InMemoryLaneStore(leases), createPartition: nothing, close: nothing }
})
