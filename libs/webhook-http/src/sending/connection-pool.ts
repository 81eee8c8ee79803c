import type { GuardedConnector } from '../connecting/guarded-connector.js'
import { Connection, type Origin } from './connection.js'

/** Of one origin. */
interface Share {
  /** Connections with a request on them. */
  busy: number
  /** Last used last. */
  readonly idle: Connection[]
  readonly waiting: Set<(connection: Connection) => void>
}

interface PoolOptions {
  /** Idle connections in all; above it the longest idle one is closed. Each costs a file descriptor on both sides. */
  readonly maxIdle: number
  readonly nowMs: () => number
}

/**
 * Connections by origin. A request takes an idle one (the last used first), opens one while the origin has fewer than its maximum, or
 * waits its turn. An origin without connections leaves nothing behind.
 */
export class ConnectionPool {
  private readonly origins = new Map<string, Share>()
  /** Every idle connection, longest idle first. */
  private readonly idle = new Set<Connection>()
  private isClosed = false

  constructor(
    private readonly connector: GuardedConnector,
    private readonly options: PoolOptions,
  ) {}

  /** Calls `use` once, at once or when its turn comes; the answer takes a waiting request back. `use` must give the connection back. */
  take(origin: Origin, use: (connection: Connection) => void): () => void {
    const share = this.shareOf(origin)
    const connection = share.idle.pop()
    if (connection) {
      this.idle.delete(connection)
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

  /** The request is over. A connection that cannot serve another one is closed. */
  giveBack(connection: Connection, canBeReused: boolean): void {
    const { origin } = connection
    const share = this.shareOf(origin)
    share.busy -= 1
    const isKept = canBeReused && !this.isClosed && connection.isReusable(this.options.nowMs())
    if (isKept) {
      share.idle.push(connection)
      this.idle.add(connection)
      this.closeLongestIdle()
    } else {
      connection.destroy()
    }
    const next = share.waiting.values().next()
    // Not within undici's callback: its bookkeeping for the answer that just ended is still under way.
    if (!next.done) queueMicrotask(() => this.serveNext(origin))
    else this.forget(origin, share)
  }

  /** Closes idle connections; those in use are closed when they are given back. */
  close(): void {
    this.isClosed = true
    for (const connection of [...this.idle]) this.drop(connection)
  }

  private serveNext(origin: Origin): void {
    const share = this.shareOf(origin)
    const next = share.waiting.values().next()
    if (next.done) {
      this.forget(origin, share)
      return
    }
    if (share.idle.length === 0 && share.busy >= origin.max) return
    share.waiting.delete(next.value)
    this.take(origin, next.value)
  }

  private open(origin: Origin): Connection {
    return new Connection(origin, this.connector, this.options.nowMs(), (closed) => this.drop(closed))
  }

  /** An idle connection whose socket closed, or that is one too many. One in use is judged when it is given back. */
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
