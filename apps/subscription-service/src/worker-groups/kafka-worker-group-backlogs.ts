import type { TopicNames } from '@hooklane/contracts/records'
import type { Time } from '@hooklane/core/kernel'
import type { WorkerGroupBacklog, WorkerGroupBacklogs } from '@hooklane/core/lane'
import { LogError, type PartitionLag } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'

/** Too short: load on the cluster for whoever reloads a page. Too long: people act on what was. */
const KEPT_MS = 5_000
/** A healthy cluster answers within tens of milliseconds; longer would hold up a list that has much else to show. */
const PATIENCE_MS = 2_000
/** Groups that are remembered; more would only be forgotten a little earlier. */
const MAX_KNOWN = 1_000

const UNAVAILABLE: WorkerGroupBacklog = { records: null, reason: 'KAFKA_UNAVAILABLE' }

/** The question to the cluster: `KafkaLogAdmin`. */
export interface LagReader {
  lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>
}

interface Known {
  readonly askedMs: number
  /** Null: the cluster has not answered yet, and is not asked again before it has. */
  answeredMs: number | null
  readonly answer: Promise<WorkerGroupBacklog>
}

/**
 * Reads the backlog of worker groups from what their consumer groups committed. Answers are shared for a few seconds. A cluster that is
 * away makes nobody wait: its answer is awaited shortly, and used by those who ask later.
 */
export class KafkaWorkerGroupBacklogs implements WorkerGroupBacklogs {
  private readonly known = new Map<string, Known>()

  constructor(
    private readonly admin: LagReader,
    private readonly names: TopicNames,
    private readonly clock: Time,
    private readonly logger: Logger,
  ) {}

  async of(groups: readonly string[]): Promise<ReadonlyMap<string, WorkerGroupBacklog>> {
    const answers = await Promise.all(
      groups.map((group) => this.awaitShortly(this.fresh(group) ?? this.askAnew(group))),
    )
    return new Map(groups.map((group, at) => [group, answers[at] ?? UNAVAILABLE]))
  }

  private fresh(group: string): Known | null {
    const known = this.known.get(group)
    if (!known) return null
    return known.answeredMs === null || this.clock.monotonicMs() - known.answeredMs < KEPT_MS ? known : null
  }

  private askAnew(group: string): Known {
    if (this.known.size >= MAX_KNOWN) this.known.clear()
    const known: Known = { askedMs: this.clock.monotonicMs(), answeredMs: null, answer: this.ask(group) }
    void known.answer.then(() => (known.answeredMs = this.clock.monotonicMs()))
    this.known.set(group, known)
    return known
  }

  /** Patience counts from the question: who asks while the cluster is silent for long already does not wait. */
  private async awaitShortly({ askedMs, answer }: Known): Promise<WorkerGroupBacklog> {
    const leftMs = Math.max(0, askedMs + PATIENCE_MS - this.clock.monotonicMs())
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<WorkerGroupBacklog>((resolve) => {
      timer = setTimeout(() => resolve(UNAVAILABLE), leftMs)
    })
    try {
      return await Promise.race([answer, patience])
    } finally {
      clearTimeout(timer)
    }
  }

  private async ask(group: string): Promise<WorkerGroupBacklog> {
    try {
      const lags = await this.admin.lag(this.names.group(group), [this.names.deliveries(group)])
      return { records: lags.reduce((sum, lag) => sum + waitingIn(lag), 0), reason: null }
    } catch (error) {
      if (error instanceof LogError && error.code === 'UNKNOWN_TOPIC') return { records: null, reason: 'TOPIC_MISSING' }
      this.logger.warn({ error, workerGroup: group }, 'the backlog of a worker group cannot be told')
      return UNAVAILABLE
    }
  }
}

/** Each transaction of the router ends with a marker, which takes an offset: behind the last delivery stands one that nobody waits for. */
const waitingIn = ({ lag }: PartitionLag): number => (lag > 0n ? Number(lag - 1n) : 0)
