import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import { endsWithin, pause, type Clock } from '@hooklane/core/kernel'
import type { GroupWorker } from './group-worker.js'
import { isServed } from './matches-pattern.js'

export interface ServedGroupsOptions {
  readonly clock: Pick<Clock, 'after'>
  /** Names or patterns of the groups that this process serves. */
  readonly patterns: readonly string[]
  readonly make: (group: WorkerGroupConfiguration) => GroupWorker
  readonly onFailure: (workerGroup: string, error: unknown) => void
  /** Called when the group is no longer served: its metrics must be removed. */
  readonly onEnded: (workerGroup: string) => Promise<void>
}

/** The worker groups that this process serves. Each group has its own consumer, which starts and stops without affecting the others. */
export class ServedGroups {
  private readonly served = new Map<string, Served>()
  private readonly leaving = new Set<Promise<void>>()
  private readonly stopping = new AbortController()

  constructor(private readonly options: ServedGroupsOptions) {}

  get workers(): readonly GroupWorker[] {
    return [...this.served.values()].map(({ worker }) => worker)
  }

  /** Starts each given group that matches and is not served yet. Resolves when all of them have joined their consumer groups. */
  async serve(groups: readonly WorkerGroupConfiguration[]): Promise<void> {
    await Promise.all(
      groups.filter(({ name }) => isServed(name, this.options.patterns)).map((group) => this.begin(group)),
    )
  }

  /** Stops serving a group that was removed from the configuration. Resolves when its consumer has left and its leases are released. */
  async end(name: string): Promise<void> {
    const entry = this.served.get(name)
    if (!entry) return
    this.served.delete(name)
    entry.ending.abort()
    const left = this.leave(name, entry).finally(() => this.leaving.delete(left))
    this.leaving.add(left)
    await left
  }

  /** Stops all groups in parallel: this takes as long as the slowest group, not as long as all groups one after another. */
  async stop(): Promise<void> {
    this.stopping.abort()
    for (const { ending } of this.served.values()) ending.abort()
    // A start that is under way is not awaited: without Kafka it would never end.
    await Promise.all([...[...this.served.values()].map((entry) => entry.worker.stop()), ...this.leaving])
  }

  private begin(group: WorkerGroupConfiguration): Promise<void> {
    const known = this.served.get(group.name)
    if (known) return known.started
    if (this.stopping.signal.aborted) return Promise.resolve()
    const entry: Served = {
      worker: this.options.make(group),
      started: Promise.resolve(),
      ending: new AbortController(),
    }
    this.served.set(group.name, entry)
    entry.started = this.startPatiently(group, entry)
    return entry.started
  }

  /**
   * Waits until the consumer has joined. A consumer that leaves while it joins stays a member until its session expires, and until then
   * the consumer group cannot be deleted.
   */
  private async leave(name: string, { worker, started }: Served): Promise<void> {
    const { signal } = this.stopping
    await endsWithin(this.options.clock, started, { limitMs: JOIN_PATIENCE_MS, signal })
    await worker.stop()
    await this.options.onEnded(name)
  }

  /** A group whose topic does not exist yet must not end the process that serves the others. */
  private async startPatiently(group: WorkerGroupConfiguration, entry: Served): Promise<void> {
    const { signal } = entry.ending
    // A function, because TypeScript would take `signal.aborted` for unchanged after a wait.
    const mustEnd = (): boolean => signal.aborted
    for (;;) {
      try {
        await entry.worker.start()
        return
      } catch (error) {
        if (mustEnd()) return
        this.options.onFailure(group.name, error)
      }
      await pause(this.options.clock, START_AGAIN_MS, signal)
      if (mustEnd()) return
      entry.worker = this.options.make(group)
    }
  }
}

interface Served {
  worker: GroupWorker
  started: Promise<void>
  /** Aborted when the group is removed or the process ends. */
  readonly ending: AbortController
}

const START_AGAIN_MS = 5_000
/**
 * How long the removal of a group waits for its consumer to join. Too low: if a group is removed right after its creation, its topics are
 * deleted later. Too high: while Kafka is faulty, the consumer of a removed group stays alive.
 */
const JOIN_PATIENCE_MS = 15_000
