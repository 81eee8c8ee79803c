import type { Logger, Readiness } from '@hooklane/observability'
import {
  ReplicationStream,
  type ReplicatedSource,
  type SlotLag,
  type SourceRefused,
  type SourceWarning,
  type StreamState,
  type TransactionConsumer,
} from '@hooklane/replication'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { EventProducerMetrics } from '../metrics.js'

/** What the consumer of a source is given. */
export interface ConsumerCallbacks {
  readonly acknowledge: (commitEndLsn: bigint) => void
  /** Waits until the pending publish has ended, when the process ends. */
  readonly onEnded: () => Promise<void>
}

export interface SourceRunnerOptions {
  readonly source: ReplicatedSource
  readonly publisher: OrderedPublisher
  readonly makeConsumer: (link: ConsumerCallbacks) => TransactionConsumer
  /** Called with every failure, in addition to the log line. */
  readonly onFailure?: (error: SourceRefused) => void
  /** Called at the end of the process, when nothing is published any more. */
  readonly onStopped?: () => Promise<void>
  readonly inspectEveryMs: number
  readonly drainMs: number
  readonly metrics: EventProducerMetrics
  readonly readiness: Readiness
  readonly logger: Logger
}

/** The name of a source's connections in `pg_stat_activity`. */
export const applicationNameOf = (source: string): string => `hooklane-event-producer ${source}`

/** Keeps one source running, and reports its state. Sources are independent: one that fails holds up no other. */
export class SourceRunner {
  private readonly stream: ReplicationStream
  private isStopping = false
  private lastMessage = ''
  /** Warnings that were logged already; the stream repeats them at every connection. */
  private readonly warned = new Set<string>()

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
      applicationName: applicationNameOf(source.name),
      inspectEveryMs: options.inspectEveryMs,
      onState: (state) => this.onState(state),
      onLag: (lag) => this.onLag(lag),
      onWarning: (warning) => this.onWarning(warning),
      onAdded: (tables) => {
        const message = 'tables are captured from now on; changes that were made to them before are not published'
        options.logger.warn({ source: source.name, tables }, message)
      },
    })
  }

  get name(): string {
    return this.options.source.name
  }

  start(): void {
    this.stream.start()
  }

  /** Stops reading, waits for the pending publish, and acknowledges what is durable. */
  async stop(): Promise<void> {
    this.isStopping = true
    // Order matters: the stream is stopped first, so that it does not take the end of the publisher for a failure.
    const reading = this.stream.stop()
    await this.options.publisher.stop(this.options.drainMs)
    await reading
    await this.options.onStopped?.()
  }

  private get part(): string {
    return `source ${this.options.source.name}`
  }

  private onState(state: StreamState): void {
    const { source, metrics, readiness, logger } = this.options
    const labels = { source: source.name }
    metrics.streaming.set(labels, state.phase === 'streaming' ? 1 : 0)
    if (state.phase !== 'failing') {
      // While the source is tried again, the reason of the last failure is worth more than "preparing".
      if (state.phase === 'preparing' && this.lastMessage !== '') return
      readiness.set(this.part, state.phase === 'streaming', state.phase)
      if (state.phase !== 'streaming') return
      this.lastMessage = ''
      logger.info({ source: source.name, slot: source.slot }, 'reading the log')
      return
    }
    const { error, retryInMs } = state
    this.options.onFailure?.(error)
    metrics.failures.inc({ ...labels, code: error.code })
    readiness.set(this.part, false, `${error.code}: ${error.message}`)
    const isRepeated = error.message === this.lastMessage
    this.lastMessage = error.message
    logger[isRepeated ? 'debug' : 'error'](
      { source: source.name, code: error.code, retryInMs, error: error.cause },
      `the source cannot be read: ${error.message}`,
    )
  }

  private onWarning({ code, message }: SourceWarning): void {
    if (this.warned.has(message)) return
    this.warned.add(message)
    this.options.logger.warn({ source: this.options.source.name, code }, message)
  }

  private onLag({ lagBytes, safeBytes }: SlotLag): void {
    const { source, metrics } = this.options
    metrics.lagBytes.set({ source: source.name }, lagBytes)
    if (safeBytes !== null) metrics.safeBytes.set({ source: source.name }, safeBytes)
  }
}
