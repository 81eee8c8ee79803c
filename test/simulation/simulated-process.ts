import type { Clock, PartitionOffsets } from '@hooklane/core/kernel'
import type { Grant } from '@hooklane/core/lane'
import { LeaseRenewer, OpenSessions, PartitionOwner, type SessionHandle, type RenewedSession } from '@hooklane/dispatch'
import { openSimulatedSession } from './simulated-session.js'
import { SimulatedStores } from './simulated-stores.js'
import { WORKER_GROUP, type World } from './world.js'

/** The maximum number of records of one fetch. */
const BATCH = 20
const SAVE_EVERY_MS = 1_000
const DELETIONS_EVERY_MS = 1_000

/**
 * One dispatcher process: the shipped partition owners, sessions and lease renewal, on a simulated clock, database and log. The process
 * knows only the last assignment that it has learnt. While the process is frozen, its due actions wait for the end of the freeze. After a
 * crash, none of its actions runs any more.
 */
export class SimulatedProcess {
  readonly clock: Clock
  readonly stores: SimulatedStores
  readonly renewer: Pick<LeaseRenewer, 'add' | 'remove' | 'save'>
  readonly open = new OpenSessions()
  isAlive = true
  frozenUntilMs = 0
  cutOffUntilMs = 0
  private readonly owners = new Map<number, PartitionOwner>()
  /** Partitions from which the process does not fetch at the moment. */
  private readonly paused = new Set<number>()
  private generation = 0

  constructor(
    readonly name: string,
    readonly world: World,
  ) {
    const { schedule } = world
    this.clock = {
      monotonicMs: () => schedule.nowMs,
      wallMs: () => schedule.nowMs,
      after: (delayMs, run) => this.cancellable(delayMs, run),
      defer: (run) => void this.cancellable(0, run),
    }
    this.stores = new SimulatedStores(this)
    this.renewer = this.makeRenewer()
    this.later(world.dice.between(0, DELETIONS_EVERY_MS), () => this.readDeletions())
  }

  /** Calls `run` after a delay, or at the end of a freeze that lasts longer. After a crash of the process, never calls it. */
  later(delayMs: number, run: () => void): void {
    const { schedule } = this.world
    const attempt = (): void => {
      if (!this.isAlive) return
      if (schedule.nowMs < this.frozenUntilMs) schedule.at(this.frozenUntilMs, attempt)
      else run()
    }
    schedule.after(delayMs, attempt)
  }

  /** The process learns which partitions the group has assigned to it. */
  learn(assigned: ReadonlySet<number>, generation: number): void {
    if (generation <= this.generation) return
    this.generation = generation
    for (const [partition, owner] of this.owners) if (!assigned.has(partition)) this.lose(partition, owner)
    for (const partition of assigned) if (!this.owners.has(partition)) this.gain(partition)
  }

  /** Whether the partition is in the last assignment that the process has learnt. */
  lists(partition: number): boolean {
    return this.owners.has(partition)
  }

  pause(partition: number, session: SessionHandle): void {
    if (this.owners.get(partition)?.session === session) this.paused.add(partition)
  }

  resume(partition: number, session: SessionHandle): void {
    if (this.owners.get(partition)?.session === session) this.paused.delete(partition)
  }

  /** Sends a record until the log acknowledges it. Calls `land` when the record is appended to the log. */
  publish(land: () => void): Promise<void> {
    const { schedule } = this.world
    return new Promise((resolve) =>
      this.sendRecord(land, () => {
        schedule.promiseSettled()
        resolve()
      }),
    )
  }

  private sendRecord(land: () => void, acknowledged: () => void): void {
    const { dice, schedule, mutation } = this.world
    if (mutation === 'ackBeforeLanding') {
      this.later(0, acknowledged)
      return this.later(dice.between(2, 40), land)
    }
    if (dice.chance(0.03)) return this.later(2_000, () => this.sendRecord(land, acknowledged))
    schedule.after(dice.between(2, 40), land)
    const backMs = dice.between(2, 40) + 40
    this.later(dice.chance(0.05) ? backMs + 3_000 : backMs, acknowledged)
  }

  private gain(partition: number): void {
    this.world.schedule.promiseSettled()
    this.paused.add(partition)
    const owner = new PartitionOwner({
      workerGroup: WORKER_GROUP,
      partition,
      instance: this.name,
      leaseTtlMs: this.world.knobs.leaseMs,
      clock: this.clock,
      leaseStore: this.stores.leases,
      offsets: () => this.offsets(partition),
      open: (grant, deadlineMs) => this.openSession(grant, deadlineMs),
      read: () => this.paused.delete(partition),
      onBadPosition: (kind, position) => this.world.fail(new Error(`the position ${position} is ${kind} the log`)),
      onRetry: () => undefined,
      onAcquired: () => undefined,
    })
    this.owners.set(partition, owner)
    this.poll(partition, owner)
  }

  private lose(partition: number, owner: PartitionOwner): void {
    this.world.schedule.promiseSettled()
    this.owners.delete(partition)
    const { session } = owner
    if (this.world.mutation === 'releaseEarly' && session)
      void this.stores.leases.release(session.token).catch(() => undefined)
    void owner.release('revoked')
  }

  private async openSession(grant: Grant, deadlineMs: number): Promise<SessionHandle> {
    const rows = await this.stores.lanes.load(WORKER_GROUP, grant.token.partition)
    const session = openSimulatedSession(this, { grant, deadlineMs, rows })
    this.open.add(session)
    for (const [appId, epoch] of this.world.deletions()) session.handle({ type: 'appDeleted', appId, epoch })
    return session
  }

  /** Fetches repeatedly, from the next offset of the session. */
  private poll(partition: number, owner: PartitionOwner): void {
    const { dice, logs } = this.world
    this.later(dice.between(20, 300), () => {
      if (this.owners.get(partition) !== owner) return
      const { session } = owner
      if (session && !session.over && !this.paused.has(partition)) {
        const { next } = session.state.offsets
        const records = logs[partition]!.filter((record) => record.offset >= next).slice(0, BATCH)
        this.read(session, records)
      }
      this.poll(partition, owner)
    })
  }

  private read(session: SessionHandle, records: World['logs'][number]): void {
    const { mutation } = this.world
    const last = records.at(-1)
    if (!last) return
    if (mutation === 'endAtRead')
      for (const { kind, appId, streamEpoch } of records) if (kind === 'ended') this.world.endStream(appId, streamEpoch)
    session.handle({ type: 'recordsRead', records, endOffset: last.offset + 1n })
    if (mutation === 'doneAtRead') for (const record of records) session.state.offsets.done(record.offset)
  }

  private offsets(partition: number): Promise<PartitionOffsets> {
    const high = (this.world.logs[partition]!.at(-1)?.offset ?? -1n) + 1n
    return new Promise((resolve) =>
      this.later(this.world.dice.between(1, 15), () => {
        this.world.schedule.promiseSettled()
        resolve({ partition, low: 0n, high })
      }),
    )
  }

  private makeRenewer(): SimulatedProcess['renewer'] {
    const { world } = this
    const renewers = Array.from({ length: world.mutation === 'positionRace' ? 2 : 1 }, () => {
      const renewer = new LeaseRenewer({
        store: this.stores.leases,
        clock: this.clock,
        leaseTtlMs: world.knobs.leaseMs,
        saveIntervalMs: SAVE_EVERY_MS,
        onStoreUp: (up) => this.open.setStoreUp(up),
        onFailure: () => undefined,
      })
      this.later(world.dice.between(0, SAVE_EVERY_MS), () => renewer.start())
      return renewer
    })
    return {
      add: (session: RenewedSession) => renewers.forEach((one) => one.add(session)),
      remove: (session: RenewedSession) => {
        // A session is removed when it ends, which settles the promise that its owner waits for.
        world.schedule.promiseSettled()
        renewers.forEach((one) => one.remove(session))
      },
      save: async () => {
        await Promise.all(renewers.map((one) => one.save()))
      },
    }
  }

  /** Reads all deletions of apps, and repeats this for ever, because apps may be deleted at any time. */
  private readDeletions(): void {
    for (const [appId, epoch] of this.world.deletions())
      this.open.streamEnded({ appId, companyId: 'cmp_1', epoch, workerGroup: WORKER_GROUP })
    this.later(DELETIONS_EVERY_MS, () => this.readDeletions())
  }

  private cancellable(delayMs: number, run: () => void): () => void {
    let isCancelled = false
    this.later(delayMs, () => {
      if (isCancelled) return
      this.world.schedule.promiseSettled()
      run()
    })
    return () => {
      isCancelled = true
    }
  }
}
