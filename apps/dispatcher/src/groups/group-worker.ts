import type { LogBatch, TopicPartition } from '@hooklane/core/kernel'
import type { PartitionKind } from '@hooklane/core/lane'
import type { PartitionOwner, SessionHandle } from '@hooklane/dispatch'
import type { Assignment, ConsumerHost, PartitionHandler, RefusedRecord } from '@hooklane/kafka/host'
import { decodeBatch, type DecodedBatch } from './decode-batch.js'

export interface GroupWorkerOptions {
  /** The worker group's topic for each kind of partition that its sessions read. */
  readonly topics: Readonly<Record<PartitionKind, string>>
  readonly host: ConsumerHost
  readonly makeOwner: (partition: number, worker: GroupWorker) => PartitionOwner
  /** Quarantines records that cannot be decoded. Resolves when Kafka has them, or when `isNeeded` returns false. Never rejects. */
  readonly quarantine: (unreadable: readonly RefusedRecord[], isNeeded: () => boolean) => Promise<void>
}

/** Serves one worker group: one consumer on its topic, and one owner for each partition that Kafka assigns to this process. */
export class GroupWorker implements PartitionHandler {
  private readonly owners = new Map<number, PartitionOwner>()
  private readonly leaving = new Set<Promise<void>>()
  /** Sessions that wait until records are in quarantine. Batches that arrive in the meantime are ignored and read again. */
  private readonly held = new WeakSet<SessionHandle>()
  /** The high watermark of each partition at its last batch. */
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
    return this.options.host.holds(this.at('main', partition))
  }

  read(partition: number, fromOffset: bigint): void {
    this.options.host.readFrom(this.at('main', partition), fromOffset)
  }

  /** Ignored when another session reads the partition now. */
  pause(session: SessionHandle, kind: PartitionKind): void {
    if (this.isReading(session)) this.options.host.pause([this.at(kind, session.token.partition)])
  }

  /** Ignored when another session reads the partition now. */
  resume(session: SessionHandle, kind: PartitionKind): void {
    if (this.isReading(session)) this.options.host.resume([this.at(kind, session.token.partition)])
  }

  heartbeatMs(): number | null {
    return this.options.host.lastHeartbeatMs()
  }

  /** Records between the positions of the owned partitions and the ends of their logs. */
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

  /** Commits the saved positions to Kafka, for lag tools only. */
  async commitPositions(): Promise<void> {
    const offsets = [...this.owners].flatMap(([partition, owner]) => {
      const low = owner.session?.state.savedOffset
      return low === undefined || low === null ? [] : [{ ...this.at('main', partition), offset: low }]
    })
    await this.options.host.commit(offsets)
  }

  /** Gained partitions are not read until their lease is granted. */
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

  /** All partitions, in parallel, finish their attempts, save, and release their leases, so that the next owners need not wait. */
  async drain(): Promise<void> {
    await Promise.all([...this.owners.values()].map((owner) => owner.release('shutdown')))
    await Promise.all(this.leaving)
  }

  private file(session: SessionHandle, { records }: DecodedBatch, { endOffset }: LogBatch): void {
    session.handle({ type: 'recordsRead', records, endOffset })
  }

  /** Order matters: the position must not pass a record before that record is in quarantine. Reading then continues behind this batch. */
  private async fileAfterPuttingAside(session: SessionHandle, decoded: DecodedBatch, batch: LogBatch): Promise<void> {
    this.held.add(session)
    await this.options.quarantine(decoded.unreadable, () => !session.over)
    this.held.delete(session)
    if (session.over) return
    this.file(session, decoded, batch)
    if (!this.isReading(session)) return
    this.options.host.seek(this.at('main', batch.partition), session.state.offsets.next)
  }

  private track(leaving: Promise<void>): void {
    const tracked = leaving.finally(() => this.leaving.delete(tracked))
    this.leaving.add(tracked)
  }

  private isReading(session: SessionHandle): boolean {
    return this.owners.get(session.token.partition)?.session === session
  }

  private at(kind: PartitionKind, partition: number): TopicPartition {
    return { topic: this.options.topics[kind], partition }
  }
}
