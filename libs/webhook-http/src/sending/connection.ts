import type { Socket } from 'node:net'
import type { Endpoint, GuardedConnector } from '../connecting/guarded-connector.js'
import { ExchangeFailed } from './failure.js'

/**
 * Idle time after which we close a connection whose server names no limit of its own. Above a server's own limit (2 s is common) a request can run into
 * its close and is sent twice; too low opens a connection per delivery.
 */
const KEEP_ALIVE_MS = 1_500
/** Bound of what a server's `Keep-Alive` header can ask for. */
const MAX_KEEP_ALIVE_MS = 10_000
/** A connection in steady use is given up at this age, so that a host that moved is followed. */
const MAX_AGE_MS = 300_000
/**
 * Silence after the first answer on a connection before the second request is written. A receiver that answers twice, or writes a body where there can be
 * none, shows it in this time, and nobody's request is taken for answered. Too low: it shows after the next request was written. Too high: the second of
 * a burst of deliveries is late.
 */
const QUIET_MS = 50

/** How some servers and proxies say that they close an idle connection (RFC 9110, 15.5.9). It acknowledges nothing, so it is no reason for distrust. */
const IDLE_TIMEOUT = /^HTTP\/1\.[01] 408[ \r\n]/
const IDLE_TIMEOUT_BYTES = 'HTTP/1.1 408 '.length

/** Where requests of one origin go. `max` connections at most. */
export interface Origin extends Endpoint {
  /** `https://shop.example.com:8443` */
  readonly origin: string
  readonly max: number
}

/** One request and its answer, on the connection that runs it. Told nothing any more once it is over. */
export interface Occupant {
  /** Asked in the tick of the write. Null: it must not start, and has ended by itself. */
  begin(isKept: boolean): Buffer | null
  /** Bytes that came after the request began to be written. */
  onData(bytes: Buffer): void
  /** The receiver ended its side. */
  onEnd(): void
  /** No connection came about, or the socket failed. */
  onFailure(error: unknown): void
  /** The connection, a kept one, was gone before anything was written. */
  onNotWritten(): void
}

export interface ConnectionOptions {
  readonly connector: GuardedConnector
  readonly nowMs: () => number
  /** Whether other requests may follow the first one. */
  readonly isKept: boolean
  /** An idle connection is gone. */
  readonly onIdleClosed: (connection: Connection) => void
  /** Bytes came that belong to no request: whatever they are, they answer nothing. Not told of the 408 of a server that closes an idle connection. */
  readonly onUnownedBytes: (connection: Connection) => void
}

/**
 * One HTTP/1.1 connection, one request at a time. HTTP/1.1 does not say which request an answer belongs to: it belongs to the only one under way. So bytes
 * that come while none is end the connection, and before a request is written everything that has arrived is read.
 *
 * States: connecting (with its first occupant) → busy ⇄ idle → closed. Busy begins before the request is written: `hasWritten` says which.
 */
export class Connection {
  /** Null until connected. */
  private socket: Socket | null = null
  /** Null while idle. */
  private occupant: Occupant | null = null
  private hasWritten = false
  private requests = 0
  /** No request is written before (monotonic). */
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

  /** Whether the receiver has answered on it before the present request: then it may have been closed without our knowing. */
  get isReused(): boolean {
    return this.requests > 1
  }

  /** Whether a request would be written without waiting for silence. */
  isQuiet(nowMs: number): boolean {
    return nowMs >= this.quietUntilMs
  }

  /** The connection must be fresh or idle. */
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

  /** Whether the request left in full, or had when the connection ended. False also while parts of it wait in our memory. */
  hasSentAll(): boolean {
    if (this.isClosed) return this.hadSentAll
    return this.socket !== null && this.socket.writableLength === 0
  }

  /**
   * The request is over, its answer complete. Returns whether another one can be run.
   * @param keepAliveSeconds what the receiver said about it
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

  /** Ends whatever it is doing, connecting included. Nobody is told. */
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

  /** Two turns of the event loop hold one whole poll: what had arrived when the request's turn came is read before it is written. */
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
    this.gone(new ExchangeFailed('protocol', 'it came before the request'))
  }

  /** The socket is of no use any more, or never came about. */
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
