import { describe, expect, it } from '@jest/globals'
import { AmbiguousWrite, type RenewRequest, type LeaseStore, type LeaseToken } from '@hooklane/core/lane'
import { LeaseRenewer, type RenewedSession } from './lease-renewer.js'

const tokenOf = (partition: number): LeaseToken => ({ workerGroup: 'g', partition, owner: `o${partition}`, epoch: 1n })

/** A session that records the renewer's calls. */
function entryOf(partition: number): RenewedSession & { readonly told: string[] } {
  const told: string[] = []
  let saveNo = 0n
  return {
    told,
    snapshot: () => ({ token: tokenOf(partition), mainOffset: 0n, done: Buffer.alloc(0), saveNo: ++saveNo }),
    kept: (request) => told.push(`kept ${request.saveNo}`),
    fenced: () => told.push('fenced'),
  }
}

/** A store whose answers the test gives. */
class HeldStore implements Pick<LeaseStore, 'keep'> {
  readonly calls: { readonly requests: readonly RenewRequest[]; answer(kept: readonly LeaseToken[] | Error): void }[] =
    []

  keep(requests: readonly RenewRequest[]): Promise<readonly LeaseToken[]> {
    return new Promise((resolve, reject) => {
      const answer = (kept: readonly LeaseToken[] | Error) => (kept instanceof Error ? reject(kept) : resolve(kept))
      this.calls.push({ requests, answer })
    })
  }
}

function renewerOver(store: HeldStore) {
  const seen = { up: [] as boolean[], failures: 0 }
  const renewer = new LeaseRenewer({
    store: store as unknown as LeaseStore,
    clock: {
      monotonicMs: () => 0,
      wallMs: () => 0,
      after: () => () => undefined,
      defer: (run) => void setImmediate(run),
    },
    leaseTtlMs: 1_000,
    saveIntervalMs: 1_000,
    onStoreUp: (up) => seen.up.push(up),
    onFailure: () => {
      seen.failures += 1
    },
  })
  return { renewer, seen }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('LeaseRenewer', () => {
  it('has one save in flight at a time, and starts another for a call made meanwhile', async () => {
    const store = new HeldStore()
    const { renewer } = renewerOver(store)
    const entry = entryOf(0)
    renewer.add(entry)
    const first = renewer.save()
    const second = renewer.save()
    expect(store.calls).toHaveLength(1)
    store.calls[0]?.answer(store.calls[0].requests.map((request) => request.token))
    await settled()
    expect(store.calls).toHaveLength(2)
    store.calls[1]?.answer(store.calls[1].requests.map((request) => request.token))
    await Promise.all([first, second])
    expect(entry.told).toEqual(['kept 1', 'kept 2'])
  })

  it('starts a new round for a call in the tick in which a round ends', async () => {
    const store = new HeldStore()
    const { renewer } = renewerOver(store)
    const entry = entryOf(0)
    renewer.add(entry)
    // The call may come in any microtask after the answer.
    for (let microtasks = 0; microtasks < 8; microtasks++) {
      const round = renewer.save()
      const before = store.calls.length
      const call = store.calls.at(-1)
      call?.answer(call.requests.map((request) => request.token))
      for (let at = 0; at < microtasks; at++) await Promise.resolve()
      void renewer.save()
      await settled()
      expect(store.calls).toHaveLength(before + 1)
      const next = store.calls.at(-1)
      next?.answer(next.requests.map((request) => request.token))
      await round
      await settled()
    }
  })

  it('tells a session that is missing in the answer that it is fenced, and the others that they are kept', async () => {
    const store = new HeldStore()
    const { renewer } = renewerOver(store)
    const [lost, kept] = [entryOf(0), entryOf(1)]
    renewer.add(lost)
    renewer.add(kept)
    const round = renewer.save()
    store.calls[0]?.answer(store.calls[0].requests.slice(1).map((request) => request.token))
    await round
    expect([lost.told, kept.told]).toEqual([['fenced'], ['kept 1']])
  })

  it('says that the store is down when a save fails, and up again after the next one', async () => {
    const store = new HeldStore()
    const { renewer, seen } = renewerOver(store)
    renewer.add(entryOf(0))
    const failing = renewer.save()
    store.calls[0]?.answer(new AmbiguousWrite('keep'))
    await failing
    const next = renewer.save()
    store.calls[1]?.answer(store.calls[1].requests.map((request) => request.token))
    await next
    expect(seen).toEqual({ up: [false, true], failures: 1 })
  })
})
