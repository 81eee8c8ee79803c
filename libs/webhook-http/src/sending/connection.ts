import type { Socket } from 'node:net'
import type { Endpoint, GuardedConnector } from '../connecting/guarded-connector.js'
import { ExchangeFailed } from './failure.js'

/**
 * Idle time after which we close a connection whose server names no limit. Too low: each delivery opens a connection. Too high (above the
 * server's own limit; 2 s is common): the server may close the connection just as we send a request, so that we have to send it twice.
 */
const KEEP_ALIVE_MS = 1_500
/** Maximum idle time that a server's `Keep-Alive` header can request. */
const MAX_KEEP_ALIVE_MS = 10_000
/** A connection in steady use is closed at this age, so that a change of the host's address takes effect. */
const MAX_AGE_MS = 300_000
/**
 * How long a connection must be silent after its first answer before the second request is written. If a receiver answers twice, or sends a
 * body where none is allowed, these stray bytes arrive within this time, so they cannot pass for the answer to the second request. Too low:
 * the stray bytes arrive after the second request was written. Too high: the second delivery of a burst is late.
 */
const QUIET_MS = 50

/**
 * The status 408, which some servers and proxies send when they close an idle connection (RFC 9110, 15.5.9). It cannot pass for a success,
 * so the origin does not become distrusted.
 */
const IDLE_TIMEOUT = /^HTTP\/1\.[01] 408[ \r\n]/
const IDLE_TIMEOUT_BYTES = 'HTTP/1.1 408 '.length

/** The endpoint of one origin, with the maximum number of its connections. */
export interface Origin extends Endpoint {
  /** `https://shop.example.com:8443` */
  readonly origin: string
  readonly max: number
}

/** One request and its answer, on the connection that runs it. Receives no calls once it has ended. */
export interface Occupant {
  /**
   * Called immediately before the write. Returns the bytes to write, or null when the request must not start; the occupant has then already
   * ended.
   */
  begin(isKept: boolean): Buffer | null
  /** Called with bytes that arrived after the write of the request had begun. */
  onData(bytes: Buffer): void
  /** Called when the receiver has ended its side of the connection. */
  onEnd(): void
  /** Called when no connection could be opened, or the socket failed. */
  onFailure(error: unknown): void
  /** Called when a kept connection was lost before anything was written. */
  onNotWritten(): void
}

export interface ConnectionOptions {
  readonly connector: GuardedConnector
  readonly nowMs: () => number
  /** Whether other requests may follow the first one. */
  readonly isKept: boolean
  /** Called when an idle connection was lost. */
  readonly onIdleClosed: (connection: Connection) => void
  /** Called for bytes that belong to no request. Not called for the 408 of a server that closes an idle connection. */
  readonly onUnownedBytes: (connection: Connection) => void
}

/**
 * One HTTP/1.1 connection, with one request at a time. An HTTP/1.1 answer does not name its request: it belongs to the only request in
 * flight. So bytes that arrive while no request is in flight end the connection, and everything that has arrived is read before a request
 * is written.
 *
 * States: connecting (with its first occupant) → busy ⇄ idle → closed. The state busy begins before the request is written; `hasWritten`
 * tells whether the request was written.
 */
export class Connection {
  /** Null until connected. */
  private socket: Socket | null = null
  /** Null while idle. */
  private occupant: Occupant | null = null
  private hasWritten = false
  private requests = 0
  /** No request is written before this instant (monotonic clock). */
  private quietUntilMs = 0
  private isClosed = false
  private hadSentAll = false
  private readonly bornMs: number
  private readonly ending = new AbortController()

  constructor(
    readonly origin: Origin,
    private readonly options: ConnectionOptions,
  ) {
    this.bornMs = options.nowMs()
  }

  /**
   * Whether the receiver has answered an earlier request on this connection; then it may have closed the connection without our knowledge.
   */
  get isReused(): boolean {
    return this.requests > 1
  }

  /** Whether a request would be written at once, without the wait of `QUIET_MS`. */
  isQuiet(nowMs: number): boolean {
    return nowMs >= this.quietUntilMs
  }

  /** Runs one request. The connection must be fresh or idle. */
  run(occupant: Occupant): void {
    this.occupant = occupant
    this.hasWritten = false
    if (this.socket === null) {
      this.connect(occupant)
      return
    }
    const waitMs = this.quietUntilMs - this.options.nowMs()
    if (waitMs > 0) setTimeout(() => this.writeAfterReading(occupant), waitMs)
    else this.writeAfterReading(occupant)
  }

  /** Whether the whole request was sent (before the connection was closed). False while parts of the request wait in our memory. */
  hasSentAll(): boolean {
    if (this.isClosed) return this.hadSentAll
    return this.socket !== null && this.socket.writableLength === 0
  }

  /**
   * Ends a request whose answer is complete. Returns whether the connection can run another one.
   * @param keepAliveSeconds the receiver's limit for idle connections; null when it named none
   */
  release(keepAliveSeconds: number | null): boolean {
    const { nowMs, isKept } = this.options
    const idleMs =
      keepAliveSeconds === null ? KEEP_ALIVE_MS : Math.min((keepAliveSeconds * 1000) / 2, MAX_KEEP_ALIVE_MS)
    const isOld = nowMs() - this.bornMs >= MAX_AGE_MS
    if (!isKept || this.isClosed || this.socket === null || idleMs === 0 || isOld) return false
    this.occupant = null
    if (this.requests === 1) this.quietUntilMs = nowMs() + QUIET_MS
    if (this.socket.timeout !== idleMs) this.socket.setTimeout(idleMs)
    return true
  }

  /** Ends the connection in any state, even while connecting. No callback is called. */
  destroy(): void {
    this.isClosed = true
    this.occupant = null
    this.ending.abort()
    this.socket?.destroy()
  }

  private connect(occupant: Occupant): void {
    this.options.connector.connect(this.origin, this.ending.signal).then(
      (socket) => {
        if (this.isClosed) {
          socket.destroy()
          return
        }
        this.adopt(socket)
        this.writeAfterReading(occupant)
      },
      (error: unknown) => this.gone(error),
    )
  }

  private adopt(socket: Socket): void {
    this.socket = socket
    socket.on('data', (bytes) => this.onData(bytes))
    socket.once('end', () => this.gone(null))
    socket.once('error', (error) => this.gone(error))
    socket.on('timeout', () => {
      if (this.occupant === null) this.gone(null)
    })
  }

  /**
   * Waits two turns of the event loop. They contain one whole poll, so bytes that had arrived by now are read before the request is
   * written.
   */
  private writeAfterReading(occupant: Occupant): void {
    setImmediate(() => setImmediate(() => this.write(occupant)))
  }

  private write(occupant: Occupant): void {
    if (this.occupant !== occupant || this.socket === null) return
    const bytes = occupant.begin(this.options.isKept)
    if (bytes === null) return
    this.hasWritten = true
    this.requests += 1
    this.socket.write(bytes)
  }

  private onData(bytes: Buffer): void {
    if (this.isClosed) return
    if (this.occupant !== null && this.hasWritten) {
      this.occupant.onData(bytes)
      return
    }
    if (!IDLE_TIMEOUT.test(bytes.toString('latin1', 0, IDLE_TIMEOUT_BYTES))) this.options.onUnownedBytes(this)
    this.gone(new ExchangeFailed('protocol', 'it arrived before the request was written'))
  }

  /** Called when the socket can no longer be used, or could not be opened. */
  private gone(error: unknown): void {
    if (this.isClosed) return
    const { occupant, hasWritten, requests } = this
    this.hadSentAll = this.hasSentAll()
    this.destroy()
    if (occupant === null) this.options.onIdleClosed(this)
    else if (requests > 0 && !hasWritten) occupant.onNotWritten()
    else if (error === null) occupant.onEnd()
    else occupant.onFailure(error)
  }
}
