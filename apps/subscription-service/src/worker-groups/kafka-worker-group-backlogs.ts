import type { TopicNames } from '@hooklane/contracts/records'
import { withTimeout, type Clock } from '@hooklane/core/kernel'
import type { WorkerGroupBacklog, WorkerGroupBacklogs } from '@hooklane/core/worker-group'
import { LogError, type PartitionLag } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'

/** How long a result is reused. Too short: every reload of a page puts load on the cluster. Too long: operators act on stale numbers. */
const KEPT_MS = 5_000
/**
 * How long a request waits for the cluster, which normally takes tens of milliseconds. Too short: a slow but healthy cluster counts as
 * unavailable. Too long: the whole list of groups waits for one backlog.
 */
const TIME_LIMIT_MS = 2_000
/** Maximum number of remembered results. When it is reached, all results are forgotten, and each group is read again. */
const MAX_KNOWN = 1_000

const UNAVAILABLE: WorkerGroupBacklog = { records: null, reason: 'KAFKA_UNAVAILABLE' }

/** Reads the lag of a consumer group; implemented by `KafkaLogAdmin`. */
export interface LagReader {
  lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>
}

interface WorkerGroupBacklogsOptions {
  readonly admin: LagReader
  readonly names: TopicNames
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>
  readonly logger: Logger
}

interface Known {
  readonly askedMs: number
  /** Null: the cluster has not answered yet. It is not asked about the group again until it has answered. */
  answeredMs: number | null
  readonly answer: Promise<WorkerGroupBacklog>
}

/**
 * Reads the backlog of worker groups from the committed offsets of their consumer groups. A result is shared for a few seconds. A request
 * waits only a short time for the cluster; a result that arrives later is used by later requests.
 */
export class KafkaWorkerGroupBacklogs implements WorkerGroupBacklogs {
  private readonly known = new Map<string, Known>()

  constructor(private readonly options: WorkerGroupBacklogsOptions) {}

  async of(groups: readonly string[]): Promise<ReadonlyMap<string, WorkerGroupBacklog>> {
    const answers = await Promise.all(
      groups.map((group) => this.answerInTime(this.fresh(group) ?? this.startRead(group))),
    )
    return new Map(groups.map((group, at) => [group, answers[at] ?? UNAVAILABLE]))
  }

  private fresh(group: string): Known | null {
    const known = this.known.get(group)
    if (!known) return null
    return known.answeredMs === null || this.options.clock.monotonicMs() - known.answeredMs < KEPT_MS ? known : null
  }

  private startRead(group: string): Known {
    if (this.known.size >= MAX_KNOWN) this.known.clear()
    const known: Known = { askedMs: this.options.clock.monotonicMs(), answeredMs: null, answer: this.ask(group) }
    void known.answer.then(() => (known.answeredMs = this.options.clock.monotonicMs()))
    this.known.set(group, known)
    return known
  }

  /** The time limit starts when the cluster is asked, so a caller that comes after the limit does not wait at all. */
  private answerInTime({ askedMs, answer }: Known): Promise<WorkerGroupBacklog> {
    const leftMs = Math.max(0, askedMs + TIME_LIMIT_MS - this.options.clock.monotonicMs())
    return withTimeout(this.options.clock, answer, { limitMs: leftMs, onTimeout: () => UNAVAILABLE })
  }

  private async ask(group: string): Promise<WorkerGroupBacklog> {
    const { admin, names, logger } = this.options
    try {
      const lags = await admin.lag(names.group(group), [names.deliveries(group)])
      return { records: lags.reduce((sum, lag) => sum + waitingIn(lag), 0), reason: null }
    } catch (error) {
      if (error instanceof LogError && error.code === 'UNKNOWN_TOPIC') return { records: null, reason: 'TOPIC_MISSING' }
      logger.warn({ error, workerGroup: group }, 'the backlog of a worker group cannot be read')
      return UNAVAILABLE
    }
  }
}

/** The lag without the last record: a transaction of the router ends with a marker, which takes an offset but is no delivery. */
const waitingIn = ({ lag }: PartitionLag): number => (lag > 0n ? Number(lag - 1n) : 0)
