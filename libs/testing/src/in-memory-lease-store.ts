import type { Grant, RenewRequest, LeaseStore, LeaseToken } from '@hooklane/core/lane'

interface OwnerRow {
  owner: string | null
  epoch: bigint
  leaseUntilMs: number
  mainOffset: bigint | null
  done: Buffer | null
  saveNo: bigint
}

type GrantRequest = Parameters<LeaseStore['grant']>[0]

/** Leases in memory, with the rules of the database. The `…Now` methods are synchronous, for simulations that decide when writes happen. */
export class InMemoryLeaseStore implements LeaseStore {
  private readonly rows = new Map<string, OwnerRow>()

  /** @param nowMs the clock of the store. It decides when a lease has expired */
  constructor(private readonly nowMs: () => number = () => Date.now()) {}

  async grant(request: GrantRequest): Promise<Grant | null> {
    return this.grantNow(request)
  }

  async keep(requests: readonly RenewRequest[], leaseMs: number): Promise<readonly LeaseToken[]> {
    return this.keepNow(requests, leaseMs)
  }

  async release(token: LeaseToken): Promise<void> {
    this.releaseNow(token)
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
      token: { workerGroup, partition, owner, epoch: row.epoch },
      mainOffset: row.mainOffset,
      done: row.done,
    }
  }

  keepNow(requests: readonly RenewRequest[], leaseMs: number): readonly LeaseToken[] {
    const kept: LeaseToken[] = []
    for (const { token, mainOffset, done, saveNo } of requests) {
      const row = this.row(token)
      if (!this.holds(token) || saveNo <= row.saveNo || (row.mainOffset ?? 0n) > mainOffset) continue
      row.leaseUntilMs = Math.max(row.leaseUntilMs, this.nowMs() + leaseMs)
      row.mainOffset = mainOffset
      row.done = done
      row.saveNo = saveNo
      kept.push(token)
    }
    return kept
  }

  releaseNow(token: LeaseToken): void {
    if (!this.holds(token)) return
    const row = this.row(token)
    row.owner = null
    row.leaseUntilMs = Number.NEGATIVE_INFINITY
  }

  /** Whether a write with this lease token is accepted. */
  holds(token: LeaseToken): boolean {
    const row = this.row(token)
    return row.owner === token.owner && row.epoch === token.epoch
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
