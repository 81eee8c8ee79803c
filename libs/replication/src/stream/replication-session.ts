import { Socket } from 'node:net'
import { formatLsn, parseLsn, type FoundHistory } from '@hooklane/core/capture'
import { endsWithin, processTimers } from '@hooklane/core/kernel'
import { LogicalReplicationService } from 'pg-logical-replication'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { captureUrl } from '../session-settings.js'
import { knownTables } from '../pgoutput/known-tables.js'
import type { SlotPosition } from '../preparation/ensure-slot.js'
import type { ReplicatedSource, TableOids } from '../replicated-source.js'
import { consumerFailure, notDecodable, SourceUnreadable } from '../source-unreadable.js'
import { catalogueColumnTypes, type CatalogueColumnTypesOptions } from '../types/catalogue-column-types.js'
import { DurablePosition } from './durable-position.js'
import { DecodingPlugin } from './pgoutput-plugin.js'
import { failureOfWarning, streamFailure } from './stream-failure.js'
import type { LogRelease, TransactionConsumer } from './transaction-consumer.js'
import { lsnOf } from './lsn-of.js'
import { StatusRequests } from './status-requests.js'
import { TransactionReader } from './transaction-reader.js'

/**
 * How often our position is sent to Postgres, also while the consumer is busy. Too low: more messages without benefit. Too high: Postgres
 * keeps more WAL, and ends the connection if `wal_sender_timeout` is low.
 */
const STATUS_INTERVAL_MS = 1_000
/** Every n-th status message asks for an answer, so that a connection that died silently is noticed. */
const PING_EVERY = 10
/** A server that has sent nothing for this long, although it was asked for an answer, counts as gone. */
const SILENCE_LIMIT_MS = 60_000
const CONNECT_TIMEOUT_MS = 10_000
/** After this time the socket is destroyed instead of closed in order. */
const CLOSE_TIMEOUT_MS = 1_000

export interface SessionOptions extends Pick<CatalogueColumnTypesOptions, 'onWarning' | 'onWaiting'> {
  readonly source: ReplicatedSource
  readonly slot: SlotPosition
  readonly tables: TableOids
  /** Encoding of the database, as `server_encoding` names it. */
  readonly encoding: string
  readonly consumer: TransactionConsumer
  readonly applicationName: string
  readonly onStreaming: () => void
  /** Called when the stream runs, so that no other process reads the slot. Messages wait until the promise resolves. */
  readonly onStarted: (log: StartedLog) => Promise<void>
  /** Called often, also without progress. Everything up to `lsn` is durable elsewhere, or does not concern this source. */
  readonly onProgress: (lsn: bigint) => void
}

/** The WAL that a connection reads. */
export type StartedLog = Pick<FoundHistory, 'log' | 'timelines'>

/**
 * One connection that streams from the slot. It is used only once, because its client (`pg-logical-replication`) keeps its queue across a
 * reconnect. The client's own acknowledgement is off, because it would release rows that still wait in the client's queue. Instead the
 * session keeps the position (`DurablePosition`), and sends it by a timer and whenever the server asks. The client's flow control is on: it
 * does not read the socket while messages wait, so at most one read of the socket is in memory.
 *
 * Invariant: no message is given to the consumer before `opening` has ended, or after `ended` is set.
 */
export class ReplicationSession {
  private readonly position: DurablePosition
  private readonly reader: TransactionReader
  private readonly service: LogicalReplicationService
  private socket: Socket | null = null
  private log: StartedLog | null = null
  private opening: Promise<void> | null = null
  private ended = false
  private readonly ending = new AbortController()
  private failure: SourceUnreadable | null = null
  private failurePlace: bigint | null = null
  private handling: Promise<void> | undefined
  private isHandling = false
  private isStreaming = false
  private isOpen = false
  private readonly questions = new StatusRequests()
  private heardAt = performance.now()
  private statusTimer: NodeJS.Timeout | undefined
  private statusCount = 0
  private finish: () => void = () => undefined

  constructor(private readonly options: SessionOptions) {
    this.position = new DurablePosition(options.slot.confirmedLsn)
    const types = catalogueColumnTypes({ ...options, signal: this.ending.signal })
    this.reader = new TransactionReader(options.consumer, { ...options, types })
    this.service = this.createService()
  }

  /** Whether transactions are given to the consumer. */
  get isReading(): boolean {
    return this.isOpen && !this.ended
  }

  /** Resolves after `stop`. @throws SourceUnreadable when the stream breaks or the consumer fails */
  async run(): Promise<void> {
    const { source, slot, consumer } = this.options
    if (this.ended) return consumer.ended()
    const finished = new Promise<void>((resolve) => (this.finish = resolve))
    const known = knownTables(source, this.options.tables)
    const plugin = new DecodingPlugin(source.publication, known, {
      onIdentified: (log, timelines) => (this.log = { log, timelines }),
      onArrival: (message) => this.arrived(message),
      // Bytes that cannot be decoded come again with every connection.
      onFault: (error) =>
        this.end(notDecodable(`a message of the write-ahead log is not valid (${String(error)})`, source)),
      onWarning: (code) => {
        const failure = failureOfWarning(code, source)
        if (failure) this.end(failure)
      },
    })
    this.service.subscribe(plugin, source.slot, formatLsn(slot.confirmedLsn)).then(
      () => this.fail(new SourceUnreadable('UNREACHABLE', 'the server ended the stream')),
      (error: unknown) => this.fail(error),
    )
    await finished
    await this.opening
    await this.handling
    await consumer.ended()
    await this.noteReleased()
    await this.close()
    if (this.failure) throw this.failure
  }

  /**
   * The place in the WAL at which the session failed: the commit of the transaction that the consumer was processing, else the furthest
   * known place. Null when the stream was not open yet.
   */
  get failedAt(): bigint | null {
    return this.failurePlace
  }

  /** Call when everything up to `commitEndLsn` is durable elsewhere. The next status message tells Postgres. */
  acknowledge(commitEndLsn: bigint): void {
    this.position.settled(commitEndLsn)
    this.reportProgress()
  }

  /** Gives no more messages to the consumer. `run` resolves when the current call has ended; acknowledgements are sent until then. */
  stop(): void {
    this.end(null)
  }

  /** Ends the session with a failure that the caller has found. */
  refuse(failure: SourceUnreadable): void {
    this.end(failure)
  }

  private createService(): LogicalReplicationService {
    const { source, applicationName } = this.options
    const service = new LogicalReplicationService(
      {
        connectionString: captureUrl(source.databaseUrl),
        application_name: applicationName,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        // Our own socket, so that we can destroy it when the client does not close it.
        stream: () => (this.socket = new Socket()),
      },
      { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
    )
    service.on('data', (lsn, message: PgoutputMessage) => this.handle(lsn, message))
    service.on('heartbeat', (lsn, _timestamp, shouldRespond) => this.keepalive(lsn, shouldRespond))
    service.on('error', (error) => this.fail(error))
    service.on('start', () => {
      this.isStreaming = true
      this.heardAt = performance.now()
      this.statusTimer = setInterval(() => this.tick(), STATUS_INTERVAL_MS)
      this.opening = this.open().catch((error: unknown) => this.end(consumerFailure(error)))
    })
    return service
  }

  /** Lets `onStarted` judge the slot and its WAL. No other process reads the slot now, because the stream runs. */
  private async open(): Promise<void> {
    const { onStarted, onStreaming } = this.options
    if (this.log) await onStarted(this.log)
    if (this.ended) return
    this.isOpen = true
    onStreaming()
  }

  private arrived(message: PgoutputMessage): void {
    this.heardAt = performance.now()
    if (message.tag === 'begin') this.position.received(message.commitLsn)
  }

  /** Never throws, because the client would report the error and go on with the next message. */
  private handle(lsn: string, message: PgoutputMessage): Promise<void> | undefined {
    if (this.ended) return undefined
    try {
      const taken = this.take(lsn, message)
      if (!taken) return undefined
      this.isHandling = true
      this.handling = taken
        .catch((error: unknown) => this.end(consumerFailure(error), this.reader.takingLsn))
        .finally(() => (this.isHandling = false))
      return this.handling
    } catch (error) {
      this.end(consumerFailure(error), this.reader.takingLsn)
      return undefined
    }
  }

  private take(lsn: string, message: PgoutputMessage): Promise<void> | undefined {
    if (this.isOpen || !this.opening) return this.reader.take(message, lsnOf(lsn))
    return this.opening.then(() => (this.ended ? undefined : this.reader.take(message, lsnOf(lsn))))
  }

  private keepalive(lsn: string, shouldRespond: boolean): void {
    this.heardAt = performance.now()
    const endLsn = parseLsn(lsn)
    if (endLsn !== null) this.position.keepalive(endLsn)
    this.reportProgress()
    if (shouldRespond) void this.respond()
  }

  private async respond(): Promise<void> {
    const isStuck = await this.questions.asked({
      isComplete: () => this.ended || this.releasableLsn() >= this.position.furthest,
      note: () => this.noteReleased(),
      send: () => this.sendStatus(false),
    })
    if (isStuck)
      this.fail(
        new SourceUnreadable('UNREACHABLE', 'the server seems to be shutting down and waits for a confirmation'),
      )
  }

  private reportProgress(): void {
    if (!this.ended) this.options.onProgress(this.position.lsn)
  }

  private tick(): void {
    // While the consumer is busy the socket is not read, so silence proves nothing.
    if (this.isHandling) this.heardAt = performance.now()
    if (performance.now() - this.heardAt > SILENCE_LIMIT_MS) {
      this.fail(new SourceUnreadable('UNREACHABLE', 'the server has not answered for a minute'))
      return
    }
    this.statusCount++
    this.sendStatus(this.statusCount % PING_EVERY === 0)
  }

  private sendStatus(wantsAnswer: boolean): void {
    // The client adds 1 to the LSN that it gets, but our LSN already points behind the commit. The next commit may begin exactly there, so
    // an LSN that is 1 too high would skip that transaction.
    const lsn = formatLsn(this.releasableLsn() - 1n)
    this.service.acknowledge(lsn, wantsAnswer).catch((error: unknown) => this.fail(error))
  }

  /** Up to here Postgres may release the WAL: at most the LSN stored by `logRelease`, at least the LSN that the slot has confirmed. */
  private releasableLsn(): bigint {
    const { consumer, slot } = this.options
    if (!consumer.logRelease) return this.position.lsn
    if (this.isOpen) this.offer(consumer.logRelease)
    const noted = consumer.logRelease.releasable() ?? slot.confirmedLsn
    const lsn = noted < this.position.lsn ? noted : this.position.lsn
    return lsn > slot.confirmedLsn ? lsn : slot.confirmedLsn
  }

  private async noteReleased(): Promise<void> {
    const { logRelease: release } = this.options.consumer
    if (!release || !this.isOpen) return
    this.offer(release)
    await release.flush()
  }

  private offer(release: LogRelease): void {
    try {
      release.offer(this.position.lsn)
    } catch (error) {
      this.end(consumerFailure(error))
    }
  }

  private fail(error: unknown): void {
    this.end(streamFailure(error, this.options.source, this.isStreaming))
  }

  /** @param place of the failure, if it is known */
  private end(failure: SourceUnreadable | null, place: bigint | null = null): void {
    if (this.ended) return
    this.ended = true
    this.ending.abort()
    this.failure = failure
    if (failure && this.isStreaming) this.failurePlace = place ?? this.position.furthest
    this.finish()
  }

  private async close(): Promise<void> {
    clearInterval(this.statusTimer)
    if (!this.failure) this.sendStatus(false)
    // Unread data would keep the socket from closing.
    this.socket?.resume()
    // Errors do not matter: the socket is destroyed below.
    const closed = this.service.destroy().catch(() => undefined)
    await endsWithin(processTimers, closed, { limitMs: CLOSE_TIMEOUT_MS })
    this.socket?.destroy()
  }
}
