import type { WorkerGroupConfiguration } from '@hooklane/contracts'
import type { GroupWorker } from './group-worker.js'
import { isServed } from './matches-pattern.js'

export interface ServedGroupsOptions {
  /** Names or patterns of the groups that this process serves. */
  readonly patterns: readonly string[]
  readonly make: (group: WorkerGroupConfiguration) => GroupWorker
  readonly onFailure: (workerGroup: string, error: unknown) => void
}

/** The worker groups this process serves. A group that appears gets a consumer of its own; the others notice nothing. */
export class ServedGroups {
  private readonly served = new Map<string, Served>()
  private readonly wakers = new Set<() => void>()
  private isStopping = false

  constructor(private readonly options: ServedGroupsOptions) {}

  get workers(): readonly GroupWorker[] {
    return [...this.served.values()].map(({ worker }) => worker)
  }

  /** Starts what matches and is not served yet. Resolves when all that was given has joined its consumer group. */
  async serve(groups: readonly WorkerGroupConfiguration[]): Promise<void> {
    await Promise.all(
      groups.filter(({ name }) => isServed(name, this.options.patterns)).map((group) => this.begin(group)),
    )
  }

  /** All groups side by side: a lane's pause is its longest attempt in flight, not the sum over the groups. */
  async stop(): Promise<void> {
    this.isStopping = true
    for (const wake of this.wakers) wake()
    // A start that is under way is not waited for: without Kafka it would last for ever.
    await Promise.all([...this.served.values()].map((entry) => entry.worker.stop()))
  }

  private begin(group: WorkerGroupConfiguration): Promise<void> {
    const known = this.served.get(group.name)
    if (known) return known.started
    if (this.isStopping) return Promise.resolve()
    const entry: Served = { worker: this.options.make(group), started: Promise.resolve() }
    this.served.set(group.name, entry)
    entry.started = this.startPatiently(group, entry)
    return entry.started
  }

  /** A group whose topic is not there yet must not end the process that serves the others. */
  private async startPatiently(group: WorkerGroupConfiguration, entry: Served): Promise<void> {
    for (;;) {
      try {
        await entry.worker.start()
        return
      } catch (error) {
        if (this.mustEnd()) return
        this.options.onFailure(group.name, error)
      }
      await this.pause()
      if (this.mustEnd()) return
      entry.worker = this.options.make(group)
    }
  }

  /** Asked after a wait, in which `stop` may have been called. */
  private mustEnd(): boolean {
    return this.isStopping
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, START_AGAIN_MS)
      this.wakers.add(wake)
    })
  }
}

interface Served {
  worker: GroupWorker
  started: Promise<void>
}

const START_AGAIN_MS = 5_000
