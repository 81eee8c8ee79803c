import { knownFrom, type CatalogueFacts } from '@hooklane/core/capture'
import { pause, PositionBackoff, processTimers } from '@hooklane/core/kernel'
import type { OnWaiting } from '../blockers/blocker.js'
import { catalogueAccess } from '../preparation/catalogue-access.js'
import type { ControlOptions } from '../preparation/control-connection.js'
import {
  inspectSource,
  prepareSource,
  readSlotPosition,
  type Inspection,
  type PreparedSource,
} from '../preparation/prepare-source.js'
import type { SlotPosition, SlotLag } from '../preparation/ensure-slot.js'
import type { ReplicatedSource, SourceHistory } from '../replicated-source.js'
import { refuseGaps } from '../refuse-gaps.js'
import { ChangesMissing, consumerFailure, SourceUnreadable, type UnreadableCode } from '../source-unreadable.js'
import type { SourceWarning } from '../source-warning.js'
import { ReplicationSession, type StartedLog } from './replication-session.js'
import type { TransactionConsumer } from './transaction-consumer.js'

/** Pauses between a failure and the next attempt. Too low: connection attempts flood a starting database. Too high: changes wait longer. */
const PAUSES = { firstMs: 250, maxMs: 10_000 }
/** Stands for the LSN of a failure that occurred before the stream was open. Lower than every LSN of the WAL. */
const BEFORE_THE_LOG = -1n

const INSPECT_EVERY_MS = 10_000
/** Codes that say nothing about the WAL or the catalogue. */
const OF_THE_CONNECTION: ReadonlySet<UnreadableCode> = new Set([
  'UNREACHABLE',
  'LOGIN_REFUSED',
  'DATABASE_ERROR',
  'SLOT_ACTIVE',
])

const isVerdict = (error: unknown): error is SourceUnreadable =>
  error instanceof SourceUnreadable && !OF_THE_CONNECTION.has(error.code)

export type StreamState =
  /** `streaming`: the WAL is being read, and reading has passed the LSN of the last failure. */
  | { readonly phase: 'preparing' | 'streaming' | 'stopped' }
  /** The source is tried again after `retryInMs`. */
  | { readonly phase: 'failing'; readonly error: SourceUnreadable; readonly retryInMs: number }

export interface ReplicationStreamOptions {
  readonly source: ReplicatedSource
  readonly consumer: TransactionConsumer
  /** Called at every change of state, and at every failure. Must not throw. */
  readonly onState: (state: StreamState) => void
  /** Shown in `pg_stat_activity` and `pg_stat_replication`. */
  readonly applicationName: string
  /** Called with tables that were added to a source with an existing slot. Changes that were committed before are not published. */
  readonly onAdded?: (tables: readonly string[]) => void
  /** Called with each warning about the source, again at every connection. */
  readonly onWarning?: (warning: SourceWarning) => void
  /** Called when work on the database waits for blockers, in any state of the stream; see `OnWaiting`. */
  readonly onWaiting?: OnWaiting
  /** Called with the lag of the slot, at every inspection. */
  readonly onLag?: (lag: SlotLag) => void
  /**
   * How often the stream checks that the source is still as it was prepared. Too low: more connections, because each check opens one. Too
   * high: after somebody took a table out of the publication, it takes longer to notice that changes are missing. Default 10 s.
   */
  readonly inspectEveryMs?: number
}

/**
 * Streams the committed transactions of one source in commit order, each whole and at least once.
 *
 * It connects, creates the publication and the slot if they are missing, and streams. Until it is stopped, it starts over after every
 * failure: when the database is unreachable, a table is not as it must be, another process reads the slot, or the consumer fails. Then the
 * transactions that were not acknowledged come again.
 *
 * States: preparing → streaming → failing → preparing …; stopped from anywhere. After a failure in an open stream, the state becomes
 * `streaming` again only when reading has passed the LSN of the failure. Each attempt reads everything before this LSN again, so an open
 * stream alone is no progress. Until then, the pauses between attempts grow.
 */
export class ReplicationStream {
  private readonly stopping = new AbortController()
  private session: ReplicationSession | null = null
  private running: Promise<void> | null = null
  /** Lengthens the pauses until reading has passed the LSN of the failure. */
  private readonly backoff = new PositionBackoff(PAUSES)
  private isInspecting = false
  private lastFailure: SourceUnreadable | null = null
  private lastFailedAt = BEFORE_THE_LOG
  /** `opened`: the stream is open, but `streaming` was not reported yet. */
  private phase: 'closed' | 'opened' | 'announced' = 'closed'

  constructor(private readonly options: ReplicationStreamOptions) {}

  /** Starts streaming, and returns at once. Call once. */
  start(): void {
    this.running ??= this.run()
  }

  /**
   * Lets Postgres release the WAL up to `commitEndLsn`. Call when the transaction that ends there and all earlier transactions are durable
   * elsewhere. Without a connection it does nothing, because the transactions will come again and can be acknowledged then.
   */
  acknowledge(commitEndLsn: bigint): void {
    this.session?.acknowledge(commitEndLsn)
  }

  /** Stops reading. Resolves when the consumer's running call has ended and the last acknowledgement is sent. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.session?.stop()
    await this.running
  }

  private get connection(): Omit<ControlOptions, 'databaseUrl'> {
    const { applicationName, onWaiting } = this.options
    return { applicationName, onWaiting, signal: this.stopping.signal }
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
    const { source, consumer, applicationName, onState, onWarning, onWaiting } = this.options
    onState({ phase: 'preparing' })
    this.lastFailedAt = BEFORE_THE_LOG
    const history = await this.history()
    const prepared = await prepareSource(source, { ...this.connection, history })
    const { slot, tables, server } = prepared
    const { encoding } = server
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
        ...{ source, slot, tables, encoding, consumer, applicationName, onWarning, onWaiting, onStreaming },
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
    const { source, consumer, onAdded } = this.options
    if (!consumer.started) return
    const position = await readSlotPosition(source, this.connection)
    const access = catalogueAccess(source, { ...this.connection, server, tables, onAdded })
    await consumer.started({ ...log, ...position }, access)
  }

  /**
   * A change that cannot be decoded often has a cause that the catalogue still shows. Returns that cause instead of the error, because a
   * person has to fix the cause first.
   */
  private async causeInCatalogue(error: SourceUnreadable, prepared: PreparedSource): Promise<SourceUnreadable> {
    if (error.code !== 'CHANGE_NOT_DECODABLE') return error
    try {
      await this.judge((await this.look(prepared)).catalogue, prepared)
      return error
    } catch (found) {
      return isVerdict(found) ? found : error
    }
  }

  /** A consumer without `history` accepts missing changes, so a slot that has lost changes may be replaced. */
  private async history(): Promise<SourceHistory> {
    const { consumer } = this.options
    if (consumer.history) return consumer.history()
    return { kind: this.lastFailure instanceof ChangesMissing ? 'over' : 'none' }
  }

  /**
   * Ends the session when the source has become unreadable. A failure of the inspecting connection is ignored, because the session itself
   * notices when the database is unreachable.
   */
  private async inspect(session: ReplicationSession, prepared: PreparedSource): Promise<void> {
    if (this.isInspecting) return
    this.isInspecting = true
    // Facts that were read before the session gave transactions to the consumer are not judged: they may show the publication as it was
    // before it was aligned.
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
    return inspectSource(this.options.source, { ...this.connection, tables })
  }

  private async judge(facts: CatalogueFacts, { tables, catalogue }: PreparedSource): Promise<void> {
    const { source, consumer } = this.options
    if (consumer.inspected) return consumer.inspected(facts)
    refuseGaps(source, { known: knownFrom(catalogue), facts, captured: tables })
  }

  /**
   * Call when the stream is open, which ends a failure to open it. A failure at an LSN of the WAL, in contrast, may come again when reading
   * reaches this LSN, so it is remembered. If the LSN is at or behind the end of the WAL, the failure is forgotten: either everything was
   * read, or this is the WAL of another database.
   */
  private opened({ confirmedLsn, walEndLsn }: SlotPosition): void {
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

  private async pause(error: SourceUnreadable): Promise<void> {
    const retryInMs = this.backoff.failed(this.lastFailedAt)
    this.lastFailure = error
    this.options.onState({ phase: 'failing', error, retryInMs })
    await pause(processTimers, retryInMs, this.stopping.signal)
  }
}
