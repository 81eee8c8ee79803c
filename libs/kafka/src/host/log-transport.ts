import { Server, type CustomTransportStrategy } from '@nestjs/microservices'

/** Provider token of the engine that the transport runs. */
export const TRANSPORT_ENGINE = Symbol('what the transport runs')

/** The engine that the transport runs: it reads records from the log and calls the registered handlers. */
export interface LogTransportEngine {
  /** Starts to consume. All handlers are registered by then; `transport.getHandlerByPattern(pattern)` returns them. */
  start(transport: LogTransport): Promise<void>
  /** Stops taking new records. Work in flight ends in `beforeApplicationShutdown`; connections close in `onApplicationShutdown`. */
  stopReading(): void
}

/**
 * Connects Nest's handlers to a reader of the log. Nest registers the handlers, and calls `listen` after `onApplicationBootstrap` of all
 * parts and `close` before the shutdown hooks. The engine decides what is read, when handlers are called, and what their results mean.
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  /** Failures are passed to the engine, so Nest need not log them. */
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
