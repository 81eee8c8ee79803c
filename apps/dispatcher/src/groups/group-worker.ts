import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'
import type { LaneSession, PartitionOwner } from '@hooklane/dispatch'
import type { Assignment, ConsumerHost, PartitionReader, RefusedRecord } from '@hooklane/kafka/host'
import { decodeBatch, type DecodedBatch } from './decode-batch.js'

export interface GroupWorkerOptions {
  readonly topic: string
  readonly host: ConsumerHost
  readonly makeOwner: (partition: number, worker: GroupWorker) => PartitionOwner
  /** Puts records aside that no lane can take. Resolves when that is done, or when nobody needs it any more. Never rejects. */
  readonly putAside: (unreadable: readonly RefusedRecord[], isNeeded: () => boolean) => Promise<void>
}

/** Serves one worker group: one consumer on its topic, one owner for each partition that Kafka assigns to it. */
export class GroupWorker implements PartitionReader {
  private readonly owners = new Map<number, PartitionOwner>()
  private readonly leaving = new Set<Promise<void>>()
  /** Sessions that wait until something was put aside: what arrives meanwhile is read again. */
  private readonly held = new WeakSet<LaneSession>()
  /** Where the log of a partition ended when it was last read. */
  private readonly ends = new Map<number, bigint>()

  constructor(private readonly options: GroupWorkerOptions) {}

  get workerGroup(): string {
    return this.options.host.group
  }

  get host(): ConsumerHost {
    return this.options.host
  }

  get partitions(): ReadonlyMap<number, PartitionOwner> {
    return this.owners
  }

  async start(): Promise<void> {
    await this.options.host.start(this)
  }

  async stop(): Promise<void> {
    await this.options.host.stop()
  }

  lists(partition: number): boolean {
    return this.options.host.holds(this.at(partition))
  }

  read(partition: number, fromOffset: bigint): void {
    this.options.host.readFrom(this.at(partition), fromOffset)
  }

  /** Ignored when another session reads the partition by now. */
  pause(partition: number, session: LaneSession): void {
    if (this.owners.get(partition)?.session === session) this.options.host.pause([this.at(partition)])
  }

  /** Ignored when another session reads the partition by now. */
  resume(partition: number, session: LaneSession): void {
    if (this.owners.get(partition)?.session === session) this.options.host.resume([this.at(partition)])
  }

  heartbeatMs(): number | null {
    return this.options.host.lastHeartbeatMs()
  }

  /** Of the partitions that are owned, behind their positions. */
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
    await this.options.host.commit(offsets)
  }

  /** Gained partitions stand still until their lease is granted. */
  onAssigned({ gained, lost }: Assignment): void {
    for (const { partition } of lost) {
      const owner = this.owners.get(partition)
      this.owners.delete(partition)
      if (owner) this.track(owner.release('revoked'))
    }
    for (const { partition } of gained) this.owners.set(partition, this.options.makeOwner(partition, this))
  }

  positionOf({ partition }: TopicPartition): bigint | null {
    return this.owners.get(partition)?.nextOffset ?? null
  }

  onBatch(batch: LogBatch): void {
    this.ends.set(batch.partition, batch.highWatermark)
    const session = this.owners.get(batch.partition)?.session
    if (!session || session.over || this.held.has(session)) return
    const decoded = decodeBatch(batch, session.state.offsets.next)
    if (decoded.unreadable.length === 0) this.file(session, decoded, batch)
    else void this.fileAfterPuttingAside(session, decoded, batch)
  }

  /** Every partition on its own ends its attempts, saves and frees its lease: the next owners find the leases free. */
  async drain(): Promise<void> {
    await Promise.all([...this.owners.values()].map((owner) => owner.release('shutdown')))
    await Promise.all(this.leaving)
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
    this.options.host.seek(this.at(batch.partition), session.state.offsets.next)
  }

  private track(leaving: Promise<void>): void {
    const tracked = leaving.finally(() => this.leaving.delete(tracked))
    this.leaving.add(tracked)
  }

  private at(partition: number): TopicPartition {
    return { topic: this.options.topic, partition }
  }
}
