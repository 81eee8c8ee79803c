import type { LogBatch, LogConsumer, LogConsumerControl, RecordRef, TopicPartition } from '@hooklane/core'
import type { PartitionOwner } from '../ownership/partition-owner.js'

export interface GroupWorkerOptions {
  readonly workerGroup: string
  readonly topic: string
  readonly consumer: LogConsumer
  readonly makeOwner: (partition: number, worker: GroupWorker) => PartitionOwner
  /** Reads the records of a batch; what cannot be read is put aside. */
  readonly decode: (batch: LogBatch, fromOffset: bigint) => readonly RecordRef[]
  readonly onCrash: (error: Error) => void
  readonly onAssigned: (partitions: number) => void
}

/** Serves one worker group: one consumer on its topic, one owner for each partition that Kafka assigns to it. */
export class GroupWorker {
  private readonly owners = new Map<number, PartitionOwner>()
  private readonly leaving = new Set<Promise<void>>()
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

  pause(partition: number): void {
    this.options.consumer.pause([this.at(partition)])
  }

  resume(partition: number): void {
    if (this.lists(partition)) this.options.consumer.resume([this.at(partition)])
  }

  heartbeatMs(): number | null {
    return this.options.consumer.lastHeartbeatMs()
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
      if (!this.owners.has(partition) && !this.isStopping)
        this.owners.set(partition, this.options.makeOwner(partition, this))
    }
    this.options.onAssigned(now.size)
  }

  private onBatch(batch: LogBatch): void {
    const owner = this.owners.get(batch.partition)
    const from = owner?.nextOffset ?? null
    if (!owner?.session || from === null) return
    const records = this.options.decode(batch, from)
    owner.session.tell({ type: 'recordsRead', records, endOffset: batch.endOffset })
  }

  private track(leaving: Promise<void>): void {
    const tracked = leaving.finally(() => this.leaving.delete(tracked))
    this.leaving.add(tracked)
  }

  private at(partition: number): TopicPartition {
    return { topic: this.options.topic, partition }
  }
}
