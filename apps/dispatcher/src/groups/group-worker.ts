import type { LogBatch, LogConsumer, LogConsumerControl, TopicPartition } from '@hooklane/core/kernel'
import type { LaneSession, PartitionOwner } from '@hooklane/dispatch'
import { decodeBatch, type DecodedBatch, type Unreadable } from './decode-batch.js'

export interface GroupWorkerOptions {
  readonly workerGroup: string
  readonly topic: string
  readonly consumer: LogConsumer
  readonly makeOwner: (partition: number, worker: GroupWorker) => PartitionOwner
  /** Puts records aside that no lane can take. Resolves when that is done, or when nobody needs it any more. Never rejects. */
  readonly putAside: (unreadable: readonly Unreadable[], isNeeded: () => boolean) => Promise<void>
  readonly onCrash: (error: Error) => void
  readonly onAssigned: (partitions: number) => void
}

/** Serves one worker group: one consumer on its topic, one owner for each partition that Kafka assigns to it. */
export class GroupWorker {
  private readonly owners = new Map<number, PartitionOwner>()
  private readonly leaving = new Set<Promise<void>>()
  /** Sessions that wait until something was put aside: what arrives meanwhile is read again. */
  private readonly held = new WeakSet<LaneSession>()
  /** Where the log of a partition ended when it was last read. */
  private readonly ends = new Map<number, bigint>()
  private assigned = new Set<number>()
  private isStopping = false

  constructor(private readonly options: GroupWorkerOptions) {}

  get workerGroup(): string {
    return this.options.workerGroup
  }

  get partitions(): ReadonlyMap<number, PartitionOwner> {
    return this.owners
  }

  async start(): Promise<void> {
    await this.options.consumer.start({
      onAssigned: (assigned, control) => this.onAssigned(assigned, control),
      onBatch: (batch) => this.onBatch(batch),
      onCrash: (error) => this.options.onCrash(error),
    })
  }

  /** Every partition on its own ends its attempts, saves and frees its lease; only then the group is left, so that the next owner finds the leases free. */
  async stop(): Promise<void> {
    this.isStopping = true
    this.options.consumer.pause([...this.assigned].map((partition) => this.at(partition)))
    await Promise.all([...this.owners.values()].map((owner) => owner.release('shutdown')))
    await Promise.all(this.leaving)
    await this.options.consumer.stop()
  }

  lists(partition: number): boolean {
    return this.assigned.has(partition)
  }

  read(partition: number, fromOffset: bigint): void {
    this.options.consumer.seek(this.at(partition), fromOffset)
    this.options.consumer.resume([this.at(partition)])
  }

  /** Ignored when another session reads the partition by now. */
  pause(partition: number, session: LaneSession): void {
    if (this.owners.get(partition)?.session === session) this.options.consumer.pause([this.at(partition)])
  }

  /** Ignored when another session reads the partition by now. */
  resume(partition: number, session: LaneSession): void {
    if (this.isStopping || this.owners.get(partition)?.session !== session) return
    this.options.consumer.resume([this.at(partition)])
  }

  heartbeatMs(): number | null {
    return this.options.consumer.lastHeartbeatMs()
  }

  lastFetchMs(): number | null {
    return this.options.consumer.lastFetchMs()
  }

  /** Records behind the positions of the partitions that are owned, as of the last read. */
  lagRecords(): number {
    let lag = 0n
    for (const [partition, { session }] of this.owners) {
      if (!session) continue
      const { low } = session.state.offsets
      const end = this.ends.get(partition) ?? low
      if (end > low) lag += end - low
    }
    return Number(lag)
  }

  /** For lag tools only. */
  async commitPositions(): Promise<void> {
    const offsets = [...this.owners].flatMap(([partition, owner]) => {
      const low = owner.session?.state.savedOffset
      return low === undefined || low === null ? [] : [{ ...this.at(partition), offset: low }]
    })
    await this.options.consumer.commit(offsets)
  }

  /** Synchronous, before the next fetch: gained partitions stand still until their lease is granted, kept ones go on where they were. */
  private onAssigned(assigned: readonly TopicPartition[], control: LogConsumerControl): void {
    const now = new Set(assigned.filter((at) => at.topic === this.options.topic).map((at) => at.partition))
    this.assigned = now
    for (const [partition, owner] of this.owners) {
      if (now.has(partition)) continue
      this.owners.delete(partition)
      this.track(owner.release('revoked'))
    }
    for (const partition of now) {
      const next = this.owners.get(partition)?.nextOffset ?? null
      // The client forgets where a kept partition was and would start again at the group's commit.
      if (next !== null) control.seek(this.at(partition), next)
      else control.pause([this.at(partition)])
      if (this.owners.has(partition) || this.isStopping) continue
      this.owners.set(partition, this.options.makeOwner(partition, this))
    }
    this.options.onAssigned(now.size)
  }

  private onBatch(batch: LogBatch): void {
    this.ends.set(batch.partition, batch.highWatermark)
    const session = this.owners.get(batch.partition)?.session
    if (!session || session.over || this.held.has(session)) return
    const decoded = decodeBatch(batch, session.state.offsets.next)
    if (decoded.unreadable.length === 0) this.file(session, decoded, batch)
    else void this.fileAfterPuttingAside(session, decoded, batch)
  }

  private file(session: LaneSession, { records }: DecodedBatch, { endOffset }: LogBatch): void {
    session.tell({ type: 'recordsRead', records, endOffset })
  }

  /** Order matters: the position must not pass a record before its bytes are safe. Reading goes on behind this batch, so nothing is missed. */
  private async fileAfterPuttingAside(session: LaneSession, decoded: DecodedBatch, batch: LogBatch): Promise<void> {
    this.held.add(session)
    await this.options.putAside(decoded.unreadable, () => !session.over)
    this.held.delete(session)
    if (session.over) return
    this.file(session, decoded, batch)
    if (this.owners.get(batch.partition)?.session !== session) return
    this.options.consumer.seek(this.at(batch.partition), session.state.offsets.next)
  }

  private track(leaving: Promise<void>): void {
    const tracked = leaving.finally(() => this.leaving.delete(tracked))
    this.leaving.add(tracked)
  }

  private at(partition: number): TopicPartition {
    return { topic: this.options.topic, partition }
  }
}
