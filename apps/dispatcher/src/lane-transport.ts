import { Server, type CustomTransportStrategy } from '@nestjs/microservices'

/** What the transport runs: it takes records from somewhere and calls the handlers that were registered with `@EventPattern`. */
export interface LaneTransportEngine {
  /** Begins to consume. `transport.getHandlerByPattern(pattern)` answers all handlers now. */
  start(transport: LaneTransport): Promise<void>
  /** Takes nothing new and ends what is in flight. */
  drain(): Promise<void>
}

/**
 * Lets Nest's `@EventPattern` handlers be fed by a reader of the log. Nest registers the handlers and calls `listen` and `close`;
 * what is read, when it is handed over and what an answer means belongs to the engine.
 */
export class LaneTransport extends Server implements CustomTransportStrategy {
  constructor(private readonly engine: LaneTransportEngine) {
    super()
  }

  listen(callback: (error?: unknown) => void): void {
    this.engine.start(this).then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  async close(): Promise<void> {
    await this.engine.drain()
  }

  /** The engine has no events of its own. */
  on(): this {
    return this
  }

  unwrap<T>(): T {
    return this.engine as T
  }
}
