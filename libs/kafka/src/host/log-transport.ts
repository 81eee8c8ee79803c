import { Server, type CustomTransportStrategy } from '@nestjs/microservices'

/** Under which a module provides what its transport runs. */
export const TRANSPORT_ENGINE = Symbol('what the transport runs')

/** What the transport runs: it takes records from the log and calls the handlers that were registered. */
export interface LogTransportEngine {
  /** Begins to consume. `transport.getHandlerByPattern(pattern)` returns all handlers now. */
  start(transport: LogTransport): Promise<void>
  /** Takes nothing new. What is in flight ends in `beforeApplicationShutdown`, and connections in `onApplicationShutdown`. */
  stopReading(): void
}

/**
 * Lets Nest's handlers be fed by a reader of the log. Nest registers the handlers and calls `listen` (after `onApplicationBootstrap` of all
 * parts) and `close` (before the hooks of the shutdown); what is read, when it is handed over and what an answer means belongs to the engine.
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  /** The engine hears of each failure: Nest need not log it as lost. */
  override readonly propagatesEventHandlerErrors = true

  constructor(private readonly engine: LogTransportEngine) {
    super()
  }

  listen(callback: (error?: unknown) => void): void {
    this.engine.start(this).then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  close(): void {
    this.engine.stopReading()
  }

  /** The engine has no events of its own. */
  on(): this {
    return this
  }

  unwrap<T>(): T {
    return this.engine as T
  }
}
