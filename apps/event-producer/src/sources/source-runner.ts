import type { Logger, Readiness } from '@hooklane/observability'
import {
  ReplicationStream,
  type ReplicatedSource,
  type StreamState,
  type TransactionConsumer,
} from '@hooklane/replication'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { EventProducerMetrics } from '../metrics.js'

/** How often the database is asked how much log it keeps for us. */
const LAG_INTERVAL_MS = 15_000

/** What a source's pipeline is given. */
export interface SourceLink {
  readonly acknowledge: (commitEndLsn: bigint) => void
  /** Waits for what is being published, when the process ends. */
  readonly onEnded: () => Promise<void>
}

export interface SourceRunnerOptions {
  readonly source: ReplicatedSource
  readonly publisher: OrderedPublisher
  readonly makeConsumer: (link: SourceLink) => TransactionConsumer
  readonly replaceLostSlot: boolean
  readonly drainMs: number
  readonly metrics: EventProducerMetrics
  readonly readiness: Readiness
  readonly logger: Logger
}

/** Keeps one source running and says how it is. Sources know nothing of each other: one that fails holds up no other. */
export class SourceRunner {
  private readonly stream: ReplicationStream
  private readonly lagTimer: NodeJS.Timeout
  private isStopping = false
  private lastMessage = ''

  constructor(private readonly options: SourceRunnerOptions) {
    const { source, publisher, readiness, drainMs } = options
    readiness.set(this.part, false, 'starting')
    const consumer = options.makeConsumer({
      acknowledge: (commitEndLsn) => this.stream.acknowledge(commitEndLsn),
      onEnded: () => (this.isStopping ? publisher.stop(drainMs) : Promise.resolve()),
    })
    this.stream = new ReplicationStream({
      source,
      consumer,
      applicationName: `hooklane-event-producer ${source.name}`,
      replaceLostSlot: options.replaceLostSlot,
      onState: (state) => this.onState(state),
    })
    this.lagTimer = setInterval(() => void this.measureLag(), LAG_INTERVAL_MS)
    this.lagTimer.unref()
  }

  get name(): string {
    return this.options.source.name
  }

  start(): void {
    this.stream.start()
  }

  /** Reads no further, lets the publish that is out end, acknowledges what is durable. */
  async stop(): Promise<void> {
    this.isStopping = true
    clearInterval(this.lagTimer)
    // Order matters: the stream is told first, so that what the publisher then refuses is not taken for a failure.
    const reading = this.stream.stop()
    await this.options.publisher.stop(this.options.drainMs)
    await reading
  }

  private get part(): string {
    return `source ${this.options.source.name}`
  }

  private onState(state: StreamState): void {
    const { source, metrics, readiness, logger } = this.options
    const labels = { source: source.name }
    metrics.streaming.set(labels, state.phase === 'streaming' ? 1 : 0)
    if (state.phase !== 'failing') {
      // While it is tried again the reason of the last failure is worth more than "preparing".
      if (state.phase === 'preparing' && this.lastMessage !== '') return
      readiness.set(this.part, state.phase === 'streaming', state.phase)
      if (state.phase !== 'streaming') return
      this.lastMessage = ''
      logger.info({ source: source.name, slot: source.slot }, 'reading the log')
      void this.measureLag()
      return
    }
    const { error, retryInMs } = state
    metrics.failures.inc({ ...labels, code: error.code })
    readiness.set(this.part, false, `${error.code}: ${error.message}`)
    const isRepeated = error.message === this.lastMessage
    this.lastMessage = error.message
    logger[isRepeated ? 'debug' : 'error'](
      { source: source.name, code: error.code, retryInMs, error: error.cause },
      `the source cannot be read: ${error.message}`,
    )
  }

  private async measureLag(): Promise<void> {
    const { source, metrics, logger } = this.options
    try {
      const lag = await this.stream.lag()
      if (!lag) return
      metrics.lagBytes.set({ source: source.name }, lag.lagBytes)
      if (lag.safeBytes !== null) metrics.safeBytes.set({ source: source.name }, lag.safeBytes)
    } catch (error) {
      logger.debug({ source: source.name, error }, 'the lag could not be measured')
    }
  }
}
