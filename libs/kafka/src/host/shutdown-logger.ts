import type { LoggerService } from '@nestjs/common'

/** Remembers failures of shutdown hooks. Nest only logs them and continues, but the caller must learn that the shutdown failed. */
export class ShutdownLogger implements LoggerService {
  private isShuttingDown = false
  private failure: { readonly cause: unknown } | null = null

  constructor(private readonly logger: LoggerService) {}

  /** Called when the shutdown begins. */
  begin(): void {
    this.isShuttingDown = true
  }

  /** @throws the first failure of a shutdown hook */
  throwFailure(): void {
    if (this.failure) throw this.failure.cause
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.log(message, ...rest)
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(message, ...rest)
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (this.isShuttingDown) this.failure ??= { cause: message }
    this.logger.error(message, ...rest)
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug?.(message, ...rest)
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.verbose?.(message, ...rest)
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal?.(message, ...rest)
  }
}
