import type { Grant, KeepRequest, LeaseStore, Licence } from '@hooklane/core'

interface OwnerRow {
  owner: string | null
  epoch: bigint
  leaseUntilMs: number
  mainOffset: bigint | null
  done: Buffer | null
  saveNo: bigint
}

type GrantRequest = Parameters<LeaseStore['grant']>[0]

/** Leases as the database keeps them. The `…Now` methods are the same at once, for simulations that decide themselves when something lands. */
export class InMemoryLeaseStore implements LeaseStore {
  private readonly rows = new Map<string, OwnerRow>()

  /** @param nowMs the store's clock: decides when a lease is over for others */
  constructor(private readonly nowMs: () => number = () => Date.now()) {}

  async grant(request: GrantRequest): Promise<Grant | null> {
    return this.grantNow(request)
  }

  async keep(requests: readonly KeepRequest[], leaseMs: number): Promise<readonly Licence[]> {
    return this.keepNow(requests, leaseMs)
  }

  async release(licence: Licence): Promise<void> {
    this.releaseNow(licence)
  }

  grantNow(request: GrantRequest): Grant | null {
    const row = this.row(request)
    if (row.leaseUntilMs >= this.nowMs()) return null
    row.owner = request.owner
    row.epoch += 1n
    row.leaseUntilMs = this.nowMs() + request.leaseMs
    row.saveNo = 0n
    const { workerGroup, partition, owner } = request
    return {
      licence: { workerGroup, partition, owner, epoch: row.epoch },
      mainOffset: row.mainOffset,
      done: row.done,
    }
  }

  keepNow(requests: readonly KeepRequest[], leaseMs: number): readonly Licence[] {
    const kept: Licence[] = []
    for (const { licence, mainOffset, done, saveNo } of requests) {
      const row = this.row(licence)
      if (!this.holds(licence) || saveNo <= row.saveNo || (row.mainOffset ?? 0n) > mainOffset) continue
      row.leaseUntilMs = Math.max(row.leaseUntilMs, this.nowMs() + leaseMs)
      row.mainOffset = mainOffset
      row.done = done
      row.saveNo = saveNo
      kept.push(licence)
    }
    return kept
  }

  releaseNow(licence: Licence): void {
    if (!this.holds(licence)) return
    const row = this.row(licence)
    row.owner = null
    row.leaseUntilMs = Number.NEGATIVE_INFINITY
  }

  /** Whether a write with this licence goes through. */
  holds(licence: Licence): boolean {
    const row = this.row(licence)
    return row.owner === licence.owner && row.epoch === licence.epoch
  }

  row(at: { readonly workerGroup: string; readonly partition: number }): OwnerRow {
    const key = `${at.workerGroup}/${at.partition}`
    const known = this.rows.get(key)
    if (known) return known
    const leaseUntilMs = Number.NEGATIVE_INFINITY
    const row: OwnerRow = { owner: null, epoch: 0n, leaseUntilMs, mainOffset: null, done: null, saveNo: 0n }
    this.rows.set(key, row)
    return row
  }
}
