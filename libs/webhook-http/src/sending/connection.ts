import type { Socket } from 'node:net'
import { Client } from 'undici'
import type { Endpoint, GuardedConnector } from '../connecting/guarded-connector.js'

/**
 * Idle time after which we close a connection whose server names no limit of its own. Above a server's own limit (2 s is common) a request
 * can run into its close and cost the lane a whole retry interval; too low opens a connection per delivery.
 */
const KEEP_ALIVE_MS = 1_500
/** Bound of what a server's `Keep-Alive` header can ask for. */
const MAX_KEEP_ALIVE_MS = 10_000
/** Of the whole header block of an answer. */
const MAX_HEADER_BYTES = 16 * 1024
/** A connection in steady use is given up at this age, so that a host that moved is followed. */
const MAX_AGE_MS = 300_000

/** Where requests of one origin go. `max` connections at most. */
export interface Origin extends Endpoint {
  /** `https://shop.example.com:8443` */
  readonly origin: string
  readonly max: number
}

/**
 * One HTTP/1.1 connection, one request at a time. Why not undici's pool: the total deadline must be able to end name resolution, handshake
 * and answer alike by destroying this one socket, and only its owner can tell whether the request left it in full.
 *
 * It opens with its first request. When the socket closes, undici would open another one through the same guard; the pool drops
 * an idle connection instead, and one that just had a failure.
 */
export class Connection {
  /** Null until connected. A failure of the socket that undici takes for the end of an answer is found here. */
  private socket: Socket | null = null
  private hasSocketFailed = false
  private readonly ending = new AbortController()
  readonly client: Client

  constructor(
    readonly origin: Origin,
    connector: GuardedConnector,
    private readonly bornMs: number,
    /** The socket closed. */
    onClosed: (connection: Connection) => void,
  ) {
    this.client = new Client(origin.origin, {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The sender's own deadline is the limit: these two can be kept alive by dripping bytes.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        connector.connect(origin, this.ending.signal).then(
          (socket) => {
            this.adopt(socket)
            callback(null, socket)
          },
          (error: unknown) => callback(error as Error, null),
        )
      },
    })
    this.client.on('disconnect', () => onClosed(this))
    this.client.on('connectionError', () => onClosed(this))
  }

  /** Whether the last request left in full and the socket has not failed. False also while parts of it wait in our memory. */
  hasSentAll(): boolean {
    return this.socket !== null && this.socket.writableLength === 0
  }

  hasFailed(): boolean {
    return this.hasSocketFailed
  }

  isReusable(nowMs: number): boolean {
    return this.socket !== null && !this.socket.destroyed && !this.hasSocketFailed && nowMs - this.bornMs < MAX_AGE_MS
  }

  /** Ends whatever it is doing, connecting included. */
  destroy(): void {
    this.ending.abort()
    // The outcome is told by the exchange that ran on it.
    void this.client.destroy(null)
  }

  private adopt(socket: Socket): void {
    this.socket = socket
    this.hasSocketFailed = false
    // undici takes a reset for the end of an answer without a length: a "200" whose body was cut off would count as accepted.
    socket.once('error', () => {
      this.hasSocketFailed = true
    })
  }
}
