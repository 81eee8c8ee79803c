import type { GuardedConnector } from '../connecting/guarded-connector.js'
import { Connection, type Origin } from './connection.js'

/** The connections and waiting requests of one origin. */
interface Share {
  /** Connections with a request on them. */
  busy: number
  /** Connections without a request, the most recently used last. */
  readonly idle: Connection[]
  readonly waiting: Set<(connection: Connection) => void>
}

interface PoolOptions {
  readonly connector: GuardedConnector
  /** Maximum idle connections over all origins; above it the longest idle connection is closed. Each costs both sides a file descriptor. */
  readonly maxIdle: number
  readonly nowMs: () => number
  /** Called when an origin becomes distrusted (see `DISTRUST_MS`); not called again while it stays distrusted. */
  readonly onDistrusted: (origin: string) => void
}

/**
 * How long an origin is distrusted after it sent bytes that belong to no request. Each request to a distrusted origin gets a new
 * connection. Too low: more such bytes may be mistaken for an answer. Too high: after a receiver was repaired, requests to it cost six to
 * fourteen times the CPU for this long.
 */
const DISTRUST_MS = 600_000
/** Maximum number of distrusted origins remembered. */
const MAX_DISTRUSTED = 10_000

/**
 * The connections of all origins. A request takes an idle connection, or opens one while the origin has fewer than its maximum, or waits
 * for its turn. Among idle connections, it prefers those that are quiet (see `Connection.isQuiet`), and among these the most recently used.
 * An origin without connections and requests uses no memory.
 */
export class ConnectionPool {
  private readonly origins = new Map<string, Share>()
  /** Every idle connection, longest idle first. */
  private readonly idle = new Set<Connection>()
  /** Distrusted origin → end of its distrust, the earliest end first. */
  private readonly distrusted = new Map<string, number>()
  private isClosed = false

  constructor(private readonly options: PoolOptions) {}

  /**
   * Calls `use` with a connection: now, or when the turn of the request comes. The request must give the connection back when it ends.
   * Returns a function that cancels a waiting request.
   */
  take(origin: Origin, use: (connection: Connection) => void): () => void {
    const share = this.shareOf(origin)
    const connection = this.takeIdle(share)
    if (connection) {
      share.busy += 1
      use(connection)
    } else if (share.busy < origin.max) {
      share.busy += 1
      use(this.open(origin))
    } else {
      share.waiting.add(use)
      return () => void share.waiting.delete(use)
    }
    return () => undefined
  }

  /**
   * Takes a connection back after its request. A connection that cannot serve another request is closed.
   * @param keepAliveSeconds the receiver's limit for idle connections; null when it named none
   */
  giveBack(connection: Connection, canBeReused: boolean, keepAliveSeconds: number | null): void {
    const { origin } = connection
    const share = this.shareOf(origin)
    share.busy -= 1
    const isKept = canBeReused && !this.isClosed && !this.isDistrusted(origin) && connection.release(keepAliveSeconds)
    if (isKept) {
      share.idle.push(connection)
      this.idle.add(connection)
      this.closeLongestIdle()
    } else {
      connection.destroy()
    }
    if (share.waiting.size > 0) this.serveNext(origin)
    else this.forget(origin, share)
  }

  /** Returns a fresh connection in place of one that was lost during its request. */
  replace(lost: Connection): Connection {
    lost.destroy()
    return this.open(lost.origin)
  }

  /**
   * Called when an origin sent bytes that belong to no request. On a kept connection, more such bytes could be mistaken for an answer, so
   * no connection of the origin is kept for `DISTRUST_MS`.
   */
  distrust(origin: Origin): void {
    if (!this.isDistrusted(origin)) this.options.onDistrusted(origin.origin)
    this.distrusted.delete(origin.origin)
    this.distrusted.set(origin.origin, this.options.nowMs() + DISTRUST_MS)
    if (this.distrusted.size > MAX_DISTRUSTED) {
      const [longest] = this.distrusted.keys()
      if (longest !== undefined) this.distrusted.delete(longest)
    }
    for (const connection of [...this.shareOf(origin).idle]) this.drop(connection)
  }

  /** Closes idle connections; connections in use are closed when they are given back. */
  close(): void {
    this.isClosed = true
    for (const connection of [...this.idle]) this.drop(connection)
  }

  private takeIdle(share: Share): Connection | undefined {
    const nowMs = this.options.nowMs()
    const quiet = share.idle.findLastIndex((connection) => connection.isQuiet(nowMs))
    // When no connection is quiet, the longest idle one is taken, because it becomes quiet first.
    const [connection] = share.idle.splice(Math.max(quiet, 0), 1)
    if (connection) this.idle.delete(connection)
    return connection
  }

  private serveNext(origin: Origin): void {
    const share = this.shareOf(origin)
    const next = share.waiting.values().next()
    if (next.done) return
    share.waiting.delete(next.value)
    this.take(origin, next.value)
  }

  private open(origin: Origin): Connection {
    return new Connection(origin, {
      connector: this.options.connector,
      nowMs: this.options.nowMs,
      isKept: !this.isDistrusted(origin),
      onIdleClosed: (closed) => this.drop(closed),
      onUnownedBytes: () => this.distrust(origin),
    })
  }

  private isDistrusted({ origin }: Origin): boolean {
    const untilMs = this.distrusted.get(origin)
    if (untilMs === undefined) return false
    if (this.options.nowMs() < untilMs) return true
    this.distrusted.delete(origin)
    return false
  }

  /** Removes and closes an idle connection that was lost or exceeds the limit. */
  private drop(connection: Connection): void {
    if (!this.idle.delete(connection)) return
    const share = this.shareOf(connection.origin)
    share.idle.splice(share.idle.indexOf(connection), 1)
    connection.destroy()
    this.forget(connection.origin, share)
  }

  private closeLongestIdle(): void {
    if (this.idle.size <= this.options.maxIdle) return
    const [longest] = this.idle
    if (longest) this.drop(longest)
  }

  private shareOf({ origin }: Origin): Share {
    let share = this.origins.get(origin)
    if (!share) {
      share = { busy: 0, idle: [], waiting: new Set() }
      this.origins.set(origin, share)
    }
    return share
  }

  private forget({ origin }: Origin, share: Share): void {
    if (share.busy === 0 && share.idle.length === 0 && share.waiting.size === 0) this.origins.delete(origin)
  }
}
