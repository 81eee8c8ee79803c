import type { LoggerService } from '@nestjs/common'
import type { Logger } from '@hooklane/observability'

/** Lets Nest log through the service's logger. Nest's own start-up chatter is demoted to debug. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error' | 'fatal' | 'trace') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.at(-1)
      logger[level]({ nest: typeof context === 'string' ? context : undefined }, String(message))
    }
  return {
    log: at('debug'),
    debug: at('debug'),
    verbose: at('trace'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  }
}
