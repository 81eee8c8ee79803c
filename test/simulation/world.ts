import { InMemoryLaneStore, InMemoryLeaseStore } from '@hooklane/testing'
import type { DeliveryPolicy } from '@hooklane/contracts/records'
import type { RenewRequest, LaneOwner, LaneRecord, LaneRow, LeaseToken, RecordRef } from '@hooklane/core/lane'
import type { Knobs, Mutation } from './knobs.js'
import { Oracle, type Ending } from './oracle.js'
import { Receivers } from './receivers.js'
import { Dice, Schedule } from './schedule.js'

export const WORKER_GROUP = 'shared-webhook'

/** Everything that outlives processes: the log, the database and the receivers. The oracle sees every durable change. */
export class World {
  readonly dice: Dice
  readonly schedule = new Schedule()
  readonly oracle = new Oracle()
  readonly leases = new InMemoryLeaseStore(() => this.schedule.nowMs)
  readonly lanes = new InMemoryLaneStore(this.leases, () => this.schedule.nowMs)
  readonly logs: LaneRecord[][] = []
  readonly receivers: Receivers
  private readonly policies = new Map<string, DeliveryPolicy>()
  private readonly ends: bigint[] = []
  private failure: Error | null = null
  /** App → the highest epoch in which it was deleted. */
  private readonly deleted = new Map<string, number>()

  constructor(
    seed: number,
    readonly knobs: Knobs,
    readonly mutation: Mutation | null,
  ) {
    this.dice = new Dice(seed)
    const apps = Array.from({ length: knobs.apps }, (_, i) => `app_${i}`)
    for (let p = 0; p < knobs.partitions; p++) this.logs.push([])
    this.receivers = new Receivers(knobs, this.dice, this.schedule, this.oracle, apps)
    for (const [i, appId] of apps.entries()) {
      this.policies.set(appId, this.policy(i))
      this.publishFrom(appId, i % knobs.partitions, { sequence: 1n, streamEpoch: 1 })
    }
  }

  policyOf(appId: string): DeliveryPolicy {
    return this.policies.get(appId)!
  }

  /** Whether the app was deleted, or the subscription no longer wants the delivery. All processes get the same result. */
  isFiltered(record: RecordRef): boolean {
    const isDeleted = record.streamEpoch <= (this.deleted.get(record.appId) ?? 0)
    return isDeleted || (record.appId === 'app_2' && record.sequence % 5n === 0n)
  }

  /** The deletions, as every process reads them from the configuration. */
  deletions(): Iterable<readonly [appId: string, epoch: number]> {
    return this.deleted
  }

  /** Called when the record of an attempt, a settlement or a dead letter has been appended to the log. */
  logLanded(record: RecordRef, ending: Ending | null): void {
    if (ending) this.oracle.logLanded(record, ending)
  }

  grant(partition: number, owner: string) {
    const at = { workerGroup: WORKER_GROUP, partition }
    if (this.mutation === 'noLease') this.leases.row(at).leaseUntilMs = Number.NEGATIVE_INFINITY
    const grant = this.leases.grantNow({ ...at, owner, instance: owner, leaseMs: this.knobs.leaseMs })
    if (grant) this.oracle.granted(partition, grant.token.epoch)
    return grant
  }

  /** Renews leases and saves their positions. Returns the tokens of the renewed leases. */
  keep(requests: readonly RenewRequest[]): readonly LeaseToken[] {
    if (this.mutation === 'positionUnfenced' || this.mutation === 'positionRace') {
      for (const { token, mainOffset, done } of requests) {
        if (this.mutation === 'positionRace' && !this.leases.holds(token)) continue
        Object.assign(this.leases.row(token), { mainOffset, done })
        this.changed(token)
      }
    }
    const kept = this.leases.keepNow(requests, this.knobs.leaseMs)
    this.oracle.figures.saves += kept.length
    for (const token of kept) this.changed(token)
    return this.mutation === 'positionRace' ? requests.map((r) => r.token).filter((l) => this.leases.holds(l)) : kept
  }

  saveLane(token: LeaseToken, row: LaneRow, endedEpoch: number | null): 'done' | 'fenced' {
    const written = this.mutation === 'gapsForgotten' ? { ...row, gaps: [] } : row
    const answer = this.lanes.saveNow(this.tokenFor(token), written, endedEpoch)
    if (answer === 'done') {
      if (endedEpoch !== null && this.mutation !== 'endForgotten') this.endStream(row.appId, endedEpoch)
      this.oracle.figures.rows += 1
      if (row.mode === 'parked') this.oracle.figures.parks += 1
      this.changed(token)
      if (this.mutation === 'noFloor' && row.mode === 'flow') this.deleteLane(token, row)
    }
    return answer
  }

  endStream(appId: string, epoch: number): void {
    this.oracle.streamEnded(appId, epoch, this.schedule.nowMs)
  }

  deleteLane(token: LeaseToken, app: LaneOwner): 'done' | 'fenced' {
    const answer = this.lanes.deleteNow(this.tokenFor(token), app)
    if (answer === 'done') this.changed(token)
    return answer
  }

  /** Ends the run with this error. For code from which a thrown error would not reach the run. */
  fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error))
  }

  checkFailure(): void {
    if (this.failure !== null) throw this.failure
  }

  /** Whether the run ends: after a failure, or when the storm is over, every record is settled and no lane is parked. */
  mustEnd(): boolean {
    return this.failure !== null || this.isFinished()
  }

  private isFinished(): boolean {
    return this.schedule.nowMs > this.knobs.stormMs && this.oracle.isSettled() && !this.hasParkedLane()
  }

  hasParkedLane(): boolean {
    return this.logs.some((_, p) => this.lanes.loadNow(WORKER_GROUP, p).some((row) => row.mode === 'parked'))
  }

  private changed({ partition, epoch }: LeaseToken): void {
    const { mainOffset, done } = this.leases.row({ workerGroup: WORKER_GROUP, partition })
    this.oracle.durableChanged(partition, epoch, {
      mainOffset,
      done,
      rows: this.lanes.loadNow(WORKER_GROUP, partition),
    })
  }

  /** The token for a write. Under the mutation `noFence`, every process writes as if it held the lease. */
  private tokenFor(token: LeaseToken): LeaseToken {
    if (this.mutation !== 'noFence') return token
    const { owner, epoch } = this.leases.row(token)
    return { ...token, owner: owner!, epoch }
  }

  private publishFrom(appId: string, partition: number, next: Place): void {
    const { dice, schedule, knobs } = this
    schedule.after(dice.between(0, 2 * knobs.eventEveryMs), () => {
      if (schedule.nowMs > knobs.stormMs) return
      // The marker of a Kafka transaction may occupy the offset before the record.
      const offset = (this.ends[partition] ?? 0n) + (dice.chance(0.2) ? 1n : 0n)
      this.ends[partition] = offset + 1n
      const isDeleted = dice.chance(knobs.deletions)
      const record = isDeleted ? endOf(appId, next, offset) : recordOf(appId, next, offset)
      if (isDeleted) this.deleted.set(appId, next.streamEpoch)
      this.logs[partition]!.push(record)
      this.oracle.published(partition, record)
      this.publishFrom(
        appId,
        partition,
        isDeleted ? this.afterRecreation(next) : { ...next, sequence: next.sequence + 1n },
      )
    })
  }

  /** The next place of an app that was deleted and created again. May skip sequences, as if they had gone to another worker group. */
  private afterRecreation({ sequence, streamEpoch }: Place): Place {
    const elsewhere = this.dice.chance(0.3) ? BigInt(Math.floor(this.dice.between(1, 4))) : 0n
    return { sequence: sequence + elsewhere, streamEpoch: streamEpoch + 1 }
  }

  private policy(i: number): DeliveryPolicy {
    const retry = [
      { attempts: 4, intervalMs: 8_000, jitter: 0, on: 'any' as const },
      { attempts: 8, backoff: { firstMs: 1_000, factor: 2, maxMs: 20_000 }, jitter: 0.3, on: 'any' as const },
      { attempts: 3, intervalMs: 500, jitter: 0.1, on: 'transient' as const },
    ][i % 3]!
    return {
      success: '2xx',
      timeoutMs: i % 2 === 0 ? 10_000 : 5_000,
      retry,
      onRejected: i % 4 === 3 ? 'drop' : 'deadLetter',
      onUnreachable: i % 3 === 1 ? 'block' : 'deadLetter',
    }
  }
}

const NO_VALUE = Buffer.alloc(0)

/** The next sequence number of an app, and its epoch. */
interface Place {
  readonly sequence: bigint
  readonly streamEpoch: number
}

const ROUTED_AT = '2026-03-02T08:00:00.000Z'

function endOf(appId: string, { sequence, streamEpoch }: Place, offset: bigint): LaneRecord {
  const at = { appId, companyId: 'cmp_1', offset, routedAt: ROUTED_AT }
  return { kind: 'ended', ...at, sequence: sequence - 1n, streamEpoch }
}

function recordOf(appId: string, { sequence, streamEpoch }: Place, offset: bigint): RecordRef {
  return {
    kind: 'delivery',
    appId,
    companyId: 'cmp_1',
    companyIncarnation: 1,
    sequence,
    offset,
    deliveryId: `msg_${appId}_${sequence}`,
    subscriptionId: 'sub_1',
    subscriptionVersion: 1n,
    source: { topic: 'events', partition: 0, offset },
    streamEpoch,
    routeVersion: 0,
    mode: 'live',
    reason: 'event',
    routedAt: ROUTED_AT,
    bytes: 100,
    value: NO_VALUE,
  }
}
