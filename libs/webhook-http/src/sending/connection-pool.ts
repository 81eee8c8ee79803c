import type { GuardedConnector } from '../connecting/guarded-connector.js'
import { Connection, type Origin } from './connection.js'

interface Lane {
  /** Connections with a request on them. */
  busy: number
  /** Last used last. */
  readonly idle: Connection[]
  readonly waiting: Set<(connection: Connection) => void>
}

export interface PoolOptions {
  /** Idle connections in all; above it the longest idle one is closed. Each costs a file descriptor on both sides. */
  readonly maxIdle: number
  readonly nowMs: () => number
}

/**
 * Connections by origin. A request takes an idle one (the last used first), opens one while the origin has fewer than its maximum, or
 * waits its turn. An origin without connections leaves nothing behind.
 */
export class ConnectionPool {
  private readonly origins = new Map<string, Lane>()
  /** Every idle connection, longest idle first. */
  private readonly idle = new Set<Connection>()
  private isClosed = false

  constructor(
    private readonly connector: GuardedConnector,
    private readonly options: PoolOptions,
  ) {}

  /** Calls `use` once, at once or when its turn comes; the answer takes a waiting request back. `use` must give the connection back. */
  take(origin: Origin, use: (connection: Connection) => void): () => void {
    const lane = this.laneOf(origin)
    const connection = lane.idle.pop()
    if (connection) {
      this.idle.delete(connection)
      lane.busy += 1
      use(connection)
    } else if (lane.busy < origin.max) {
      lane.busy += 1
      use(this.open(origin))
    } else {
      lane.waiting.add(use)
      return () => void lane.waiting.delete(use)
    }
    return () => undefined
  }

  /** The request is over. A connection that cannot serve another one is closed. */
  giveBack(connection: Connection, canBeReused: boolean): void {
    const { origin } = connection
    const lane = this.laneOf(origin)
    lane.busy -= 1
    const isKept = canBeReused && !this.isClosed && connection.isReusable(this.options.nowMs())
    if (isKept) {
      lane.idle.push(connection)
      this.idle.add(connection)
      this.closeLongestIdle()
    } else {
      connection.destroy()
    }
    const next = lane.waiting.values().next()
    // Not within undici's callback: its bookkeeping for the answer that just ended is still under way.
    if (!next.done) queueMicrotask(() => this.serveNext(origin))
    else this.forget(origin, lane)
  }

  /** Closes idle connections; those in use are closed when they are given back. */
  close(): void {
    this.isClosed = true
    for (const connection of [...this.idle]) this.drop(connection)
  }

  get idleCount(): number {
    return this.idle.size
  }

  get originCount(): number {
    return this.origins.size
  }

  private serveNext(origin: Origin): void {
    const lane = this.laneOf(origin)
    const next = lane.waiting.values().next()
    if (next.done || (lane.idle.length === 0 && lane.busy >= origin.max)) return
    lane.waiting.delete(next.value)
    this.take(origin, next.value)
  }

  private open(origin: Origin): Connection {
    return new Connection(origin, this.connector, this.options.nowMs(), (closed) => this.drop(closed))
  }

  /** An idle connection whose socket closed, or that is one too many. One in use is judged when it is given back. */
  private drop(connection: Connection): void {
    if (!this.idle.delete(connection)) return
    const lane = this.laneOf(connection.origin)
    lane.idle.splice(lane.idle.indexOf(connection), 1)
    connection.destroy()
    this.forget(connection.origin, lane)
  }

  private closeLongestIdle(): void {
    if (this.idle.size <= this.options.maxIdle) return
    const [longest] = this.idle
    if (longest) this.drop(longest)
  }

  private laneOf({ origin }: Origin): Lane {
    let lane = this.origins.get(origin)
    if (!lane) {
      lane = { busy: 0, idle: [], waiting: new Set() }
      this.origins.set(origin, lane)
    }
    return lane
  }

  private forget({ origin }: Origin, lane: Lane): void {
    if (lane.busy === 0 && lane.idle.length === 0 && lane.waiting.size === 0) this.origins.delete(origin)
  }
}
