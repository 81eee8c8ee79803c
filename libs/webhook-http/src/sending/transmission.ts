import type { Connection, Origin } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { Exchange, type ExchangeEnd } from './exchange.js'
import { ExchangeFailed, type FailureCode } from './failure.js'

export interface TransmissionOptions {
  readonly pool: ConnectionPool
  readonly origin: Origin
  /** Returns the whole request. `isKept`: whether another request may follow on the connection. */
  readonly bytes: (isKept: boolean) => Buffer
  /** Nothing is written from this instant on (monotonic clock). */
  readonly deadlineMs: number
  readonly nowMs: () => number
  /** Whether the request may still be written. Called immediately before each write, and when a second write is due. */
  readonly mayWrite: () => boolean
  readonly onEnd: (end: TransmissionEnd) => void
}

export interface TransmissionEnd {
  readonly end: Exclude<ExchangeEnd, { readonly kind: 'unanswered' | 'notWritten' }>
  /** Whether the request was written twice. */
  readonly isResent: boolean
  /** Whether nothing was written because `mayWrite` forbade it. */
  readonly isWithdrawn: boolean
}

/**
 * Sends one request to its receiver within one deadline. The request is normally written once. It is written a second time, on a fresh
 * connection, when the receiver closed a kept connection before any byte of an answer came, because a server may close idle connections
 * without notice (RFC 9110, 9.2.2 and RFC 9112, 9.3.1). The receiver may have read the first copy of the request; receivers recognise
 * copies by `webhook-id`.
 */
export class Transmission {
  private timer: NodeJS.Timeout | undefined
  private stopWaiting: () => void = () => undefined
  private connection: Connection | null = null
  private exchange: Exchange | null = null
  private isSecond = false
  private isWithdrawn = false

  constructor(private readonly options: TransmissionOptions) {}

  start(): void {
    const { pool, origin, deadlineMs, nowMs } = this.options
    this.timer = setTimeout(() => this.endAtDeadline(), deadlineMs - nowMs())
    this.stopWaiting = pool.take(origin, (connection) => this.runOn(connection))
  }

  private runOn(connection: Connection): void {
    const { bytes } = this.options
    this.connection = connection
    this.exchange = new Exchange(connection, {
      bytes,
      refusal: () => this.refusal(),
      onEnd: (end) => this.exchangeEnded(connection, end),
    })
    connection.run(this.exchange)
  }

  /**
   * Returns why the request must not be written now; null: it may be written. A process that was frozen while it was rendering the request
   * or connecting must send nothing after the deadline, or after its lease has ended.
   */
  private refusal(): FailureCode | null {
    if (this.isTimeUp()) return 'timeout'
    if (this.options.mayWrite()) return null
    this.isWithdrawn = !this.isSecond
    return 'reset'
  }

  private exchangeEnded(connection: Connection, end: ExchangeEnd): void {
    const { pool } = this.options
    switch (end.kind) {
      case 'notWritten':
        return this.runOn(pool.replace(connection))
      case 'unanswered':
        if (this.isSecond || this.isTimeUp() || !this.options.mayWrite()) {
          return this.finish({ kind: 'failed', error: end.error, response: null })
        }
        this.isSecond = true
        return this.runOn(pool.replace(connection))
      case 'answered':
        if (end.hasSurplus) pool.distrust(connection.origin)
        return this.finish(end)
      case 'failed':
        return this.finish(end)
    }
  }

  private endAtDeadline(): void {
    const failure = new ExchangeFailed(this.connection === null ? 'host_busy' : 'timeout')
    if (this.exchange) this.exchange.fail(failure)
    else this.finish({ kind: 'failed', error: failure, response: null })
  }

  private isTimeUp(): boolean {
    return this.options.nowMs() >= this.options.deadlineMs
  }

  private finish(end: TransmissionEnd['end']): void {
    const { pool, onEnd } = this.options
    clearTimeout(this.timer)
    this.stopWaiting()
    if (this.connection) {
      const canBeReused = end.kind === 'answered' && end.canReuseConnection
      pool.giveBack(this.connection, canBeReused, end.kind === 'answered' ? end.keepAliveSeconds : null)
    }
    const isResent = this.isSecond && this.exchange?.hasBegun === true
    onEnd({ end, isResent, isWithdrawn: this.isWithdrawn })
  }
}
