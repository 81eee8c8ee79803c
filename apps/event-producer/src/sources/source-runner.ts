import type { Logger, Readiness } from '@hooklane/observability'
import {
  ReplicationStream,
  type Blocker,
  type ReplicatedSource,
  type SlotLag,
  type SourceUnreadable,
  type SourceWarning,
  type StreamState,
  type TransactionConsumer,
} from '@hooklane/replication'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { EventProducerMetrics } from '../metrics.js'
import { Waits } from './waits.js'

/** The callbacks that the consumer of a source is given. */
export interface ConsumerCallbacks {
  readonly acknowledge: (commitEndLsn: bigint) => void
  /** If the process is stopping, waits until the pending publish has ended. */
  readonly onEnded: () => Promise<void>
}

export interface SourceRunnerOptions {
  readonly source: ReplicatedSource
  readonly publisher: OrderedPublisher
  readonly makeConsumer: (link: ConsumerCallbacks) => TransactionConsumer
  /** Called with every failure, in addition to the log line. */
  readonly onFailure?: (error: SourceUnreadable) => void
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
  private phase: StreamState['phase'] | 'starting' = 'starting'
  /** The last failure, while it is the reason why the source is not read; otherwise empty. */
  private failure = ''
  private readonly waits = new Waits()
  /** Warnings that were logged already; the stream repeats them at every connection. */
  private readonly warned = new Set<string>()

  constructor(private readonly options: SourceRunnerOptions) {
    const { source, publisher, drainMs } = options
    this.show()
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
      onWaiting: (work, blockers) => this.waiting(work, blockers),
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

  /** Reports that work on the source's database waits for other sessions; no blockers: it no longer waits. */
  waiting(work: string, blockers: readonly Blocker[]): void {
    const { source, logger } = this.options
    const text = this.waits.note(work, blockers, Date.now())
    this.show()
    if (text === null) return
    logger.warn({ source: source.name, blockers: blockers.map(({ id }) => id) }, text)
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
    const { source, metrics, logger } = this.options
    const labels = { source: source.name }
    metrics.streaming.set(labels, state.phase === 'streaming' ? 1 : 0)
    this.phase = state.phase
    if (state.phase === 'failing') this.failed(state.error, state.retryInMs)
    // While the source is tried again, the last failure is still the reason why it is not read.
    else if (state.phase !== 'preparing') this.failure = ''
    this.show()
    if (state.phase !== 'streaming') return
    this.lastMessage = ''
    logger.info({ source: source.name, slot: source.slot }, 'reading the write-ahead log')
  }

  private failed(error: SourceUnreadable, retryInMs: number): void {
    const { source, metrics, logger } = this.options
    this.options.onFailure?.(error)
    metrics.failures.inc({ source: source.name, code: error.code })
    this.failure = `${error.code}: ${error.message}`
    const isRepeated = error.message === this.lastMessage
    this.lastMessage = error.message
    logger[isRepeated ? 'debug' : 'error'](
      { source: source.name, code: error.code, retryInMs, error: error.cause },
      `the source cannot be read: ${error.message}`,
    )
  }

  /** Shows the failure during the pause after it. Otherwise shows the first of these that exists: the wait, the last failure, the phase. */
  private show(): void {
    const { phase, failure, waits } = this
    const isWaitShown = phase !== 'failing' && waits.text !== ''
    const detail = isWaitShown ? `${phase}: ${waits.text}` : failure || phase
    this.options.readiness.set(this.part, phase === 'streaming', detail)
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
