import { setTimeout as delay } from 'node:timers/promises'
import { knownFrom, type CatalogueFacts } from '@hooklane/core/capture'
import { PlacedBackoff } from '@hooklane/core/kernel'
import { catalogueAccess } from '../preparation/catalogue-access.js'
import {
  inspectSource,
  prepareSource,
  readSlotPosition,
  type Inspection,
  type PreparedSource,
} from '../preparation/prepare-source.js'
import type { ReadySlot, SlotLag } from '../preparation/ensure-slot.js'
import type { ReplicatedSource, SourceHistory } from '../replicated-source.js'
import { refuseGaps } from '../refuse-gaps.js'
import { ChangesMissing, consumerFailure, SourceRefused, type RefusalCode } from '../source-refused.js'
import type { SourceWarning } from '../source-warning.js'
import { ReplicationSession, type StartedLog } from './replication-session.js'
import type { TransactionConsumer } from './transaction-consumer.js'

/** Between a failure and the next try. Shorter floods a database that starts, longer keeps changes waiting. */
const PAUSES = { firstMs: 250, maxMs: 10_000 }
/** Where a failure stands that kept the stream from opening: before every place of the log. */
const BEFORE_THE_LOG = -1n

const INSPECT_EVERY_MS = 10_000
/** They say nothing of what the log or the catalogue holds. */
const OF_THE_CONNECTION: ReadonlySet<RefusalCode> = new Set([
  'UNREACHABLE',
  'LOGIN_REFUSED',
  'DATABASE_ERROR',
  'SLOT_ACTIVE',
])

const isVerdict = (error: unknown): error is SourceRefused =>
  error instanceof SourceRefused && !OF_THE_CONNECTION.has(error.code)

export type StreamState =
  /** `streaming`: the log is being read, past the place where it failed last. */
  | { readonly phase: 'preparing' | 'streaming' | 'stopped' }
  /** Tried again after `retryInMs`. */
  | { readonly phase: 'failing'; readonly error: SourceRefused; readonly retryInMs: number }

export interface ReplicationStreamOptions {
  readonly source: ReplicatedSource
  readonly consumer: TransactionConsumer
  /** Called at every change, and at every failure. Must not throw. */
  readonly onState: (state: StreamState) => void
  /** Shown in `pg_stat_activity` and `pg_stat_replication`. */
  readonly applicationName: string
  /** Called with tables that are captured from now on by an older slot: what was committed of them before is not published. */
  readonly onAdded?: (tables: readonly string[]) => void
  /** Called with what a person should know, again at every connection. */
  readonly onWarning?: (warning: SourceWarning) => void
  /** Called with how far the slot is, at every inspection. */
  readonly onLag?: (lag: SlotLag) => void
  /**
   * How often the database is asked whether the source still is as it was prepared. Longer lets changes go missing unnoticed for longer
   * after somebody took a table out of the publication; shorter costs a connection each time. Default 10 s.
   */
  readonly inspectEveryMs?: number
}

/**
 * The committed transactions of one source, in the order of their commits, each whole, at least once.
 *
 * It connects, prepares what is missing (publication, slot), streams, and starts over after any failure for as long as it is not
 * stopped: the database's absence, a table that is not as it must be, another reader on the slot, an error of the consumer. A transaction
 * that was not acknowledged comes again after that.
 *
 * States: preparing → streaming → failing → preparing …; stopped from anywhere. After a failure in the open stream it is `streaming` again only
 * with progress past the place that failed: what lies before it is read again each time, and an open stream proves nothing. The pauses
 * grow until then.
 */
export class ReplicationStream {
  private readonly stopping = new AbortController()
  private session: ReplicationSession | null = null
  private running: Promise<void> | null = null
  /** Places are LSNs. */
  private readonly backoff = new PlacedBackoff(PAUSES)
  private isInspecting = false
  private lastFailure: SourceRefused | null = null
  private lastFailedAt = BEFORE_THE_LOG
  /** `opened`: the stream is open, but not yet said to be. */
  private phase: 'closed' | 'opened' | 'announced' = 'closed'

  constructor(private readonly options: ReplicationStreamOptions) {}

  /** Begins; returns at once. Call once. */
  start(): void {
    this.running ??= this.run()
  }

  /**
   * Lets Postgres release the log up to `commitEndLsn`: this transaction and all before it are durable elsewhere. Without a connection it
   * does nothing: the transactions will come again and can be acknowledged then.
   */
  acknowledge(commitEndLsn: bigint): void {
    this.session?.acknowledge(commitEndLsn)
  }

  /** Reads no further and resolves when the consumer's running call has ended and the last acknowledgement is sent. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.session?.stop()
    await this.running
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      try {
        await this.streamOnce()
      } catch (error) {
        if (!this.isStopping()) await this.pause(consumerFailure(error))
      }
    }
    this.options.onState({ phase: 'stopped' })
  }

  private async streamOnce(): Promise<void> {
    const { source, consumer, applicationName, onState, onWarning } = this.options
    onState({ phase: 'preparing' })
    this.lastFailedAt = BEFORE_THE_LOG
    const history = await this.history()
    const { signal } = this.stopping
    const prepared = await prepareSource(source, { applicationName, signal, history })
    const { slot, tables } = prepared
    for (const warning of prepared.warnings) onWarning?.(warning)
    let inspections: NodeJS.Timeout | undefined
    try {
      await consumer.connected(prepared)
      const inspect = () => void this.inspect(session, prepared)
      const onStreaming = () => {
        this.opened(slot)
        inspect()
      }
      const session = new ReplicationSession({
        ...{ source, slot, tables, consumer, applicationName, onWarning, onStreaming },
        onStarted: (log) => this.started(log, prepared),
        onProgress: (lsn) => this.progressed(lsn),
      })
      this.session = session
      if (this.isStopping()) session.stop()
      inspections = setInterval(inspect, this.options.inspectEveryMs ?? INSPECT_EVERY_MS)
      await session.run()
    } catch (error) {
      this.lastFailedAt = this.session?.failedAt ?? BEFORE_THE_LOG
      throw await this.causeInCatalogue(consumerFailure(error), prepared)
    } finally {
      this.phase = 'closed'
      clearInterval(inspections)
      this.session = null
    }
  }

  private async started(log: StartedLog, { server, tables }: PreparedSource): Promise<void> {
    const { source, consumer, applicationName, onAdded } = this.options
    if (!consumer.started) return
    const connection = { applicationName, signal: this.stopping.signal }
    const position = await readSlotPosition(source, connection)
    await consumer.started({ ...log, ...position }, catalogueAccess(source, { ...connection, server, tables, onAdded }))
  }

  /** A change that cannot be decoded often has a cause that the catalogue still shows: a person has to fix that one first. */
  private async causeInCatalogue(error: SourceRefused, prepared: PreparedSource): Promise<SourceRefused> {
    if (error.code !== 'CHANGE_NOT_DECODABLE') return error
    try {
      await this.judge((await this.look(prepared)).catalogue, prepared)
      return error
    } catch (found) {
      return isVerdict(found) ? found : error
    }
  }

  /** Where nothing was promised, a slot that cannot be decoded is as good as none. */
  private async history(): Promise<SourceHistory> {
    const { consumer } = this.options
    if (consumer.history) return consumer.history()
    return { kind: this.lastFailure instanceof ChangesMissing ? 'over' : 'none' }
  }

  /** What makes the source unreadable ends its session; a database that does not answer is the session's own to notice. */
  private async inspect(session: ReplicationSession, prepared: PreparedSource): Promise<void> {
    if (this.isInspecting) return
    this.isInspecting = true
    // What was seen before the source was read may be of before the publication was brought in step.
    const { isReading } = session
    try {
      const { lag, catalogue } = await this.look(prepared)
      if (lag) this.options.onLag?.(lag)
      if (isReading && session.isReading) await this.judge(catalogue, prepared)
    } catch (error) {
      if (isVerdict(error)) session.refuse(error)
    } finally {
      this.isInspecting = false
    }
  }

  private look({ tables }: PreparedSource): Promise<Inspection> {
    const { source, applicationName } = this.options
    return inspectSource(source, { applicationName, signal: this.stopping.signal, tables })
  }

  private async judge(facts: CatalogueFacts, { tables, catalogue }: PreparedSource): Promise<void> {
    const { source, consumer } = this.options
    if (consumer.inspected) return consumer.inspected(facts)
    refuseGaps(source, { known: knownFrom(catalogue), facts, captured: tables })
  }

  /**
   * Gets past what kept the stream from opening. What failed in the log comes again in a moment, unless nothing of it is left: it was read to
   * its end, or is another database's.
   */
  private opened({ confirmedLsn, walEndLsn }: ReadySlot): void {
    const { failedAt } = this.backoff
    if (failedAt !== null && failedAt >= walEndLsn) this.backoff.forget()
    this.phase = 'opened'
    this.progressed(confirmedLsn)
  }

  private progressed(lsn: bigint): void {
    if (this.phase !== 'opened' || !this.backoff.reached(lsn)) return
    this.phase = 'announced'
    this.lastFailure = null
    this.options.onState({ phase: 'streaming' })
  }

  private async pause(error: SourceRefused): Promise<void> {
    const retryInMs = this.backoff.failed(this.lastFailedAt)
    this.lastFailure = error
    this.options.onState({ phase: 'failing', error, retryInMs })
    try {
      await delay(retryInMs, undefined, { signal: this.stopping.signal })
    } catch (interrupted) {
      if (!this.isStopping()) throw interrupted
    }
  }
}
