import 'reflect-metadata'
import { ConfigurationError } from '@hooklane/config'
import { createLogger, createRegistry, Readiness, Skips, type Logger, type Registry } from '@hooklane/observability'
import { startHealthServer } from './health.js'

/** What every service gets before it starts. */
export interface ServiceContext {
  readonly logger: Logger
  readonly registry: Registry
  readonly readiness: Readiness
  /** Where a service notes input that it skips. */
  readonly skips: Skips
  /** Ends the process because it cannot continue: drains, then exits with code 1. */
  fail(reason: string, error?: unknown): void
}

export interface RunningService {
  /** Drains: accepts no new work and finishes the work in flight. Called once, after readiness has turned false. */
  close(): Promise<void>
}

export interface ServiceSettings {
  readonly logLevel: string
  readonly healthHost: string
  readonly healthPort: number
  readonly drainLimitMs: number
}

/**
 * Runs one service in this process: first health and metrics, then the service. SIGTERM and SIGINT drain it within `drainLimitMs`.
 *
 * Exit codes: 0 after an orderly end; 1 when the configuration or the start failed, when the service called `fail`, when draining failed,
 * or when `drainLimitMs` was reached.
 */
export async function runService<S extends ServiceSettings>(
  name: string,
  readServiceSettings: () => S,
  start: (settings: S, context: ServiceContext) => Promise<RunningService>,
): Promise<void> {
  let settings: S
  try {
    settings = readServiceSettings()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exitCode = 1
    return
  }
  await new ServiceProcess(name, settings).run((context) => start(settings, context))
}

/**
 * How long the process waits, after a signal, for a service that is still starting. Too low: a start that could have ended cleanly is cut
 * off. Too high: it takes this long to stop a service that waits for its servers.
 */
const START_LIMIT_MS = 3_000

/**
 * States of the process: starting → running → draining → ended. After a signal during the start, the service is drained as soon as it has
 * started. If it does not start within `START_LIMIT_MS`, the process ends.
 */
class ServiceProcess {
  private readonly logger: Logger
  private readonly registry: Registry
  private readonly readiness = new Readiness()
  private readonly skips: Skips
  private running: RunningService | null = null
  private exitCode: number | null = null

  constructor(
    name: string,
    private readonly settings: ServiceSettings,
  ) {
    this.logger = createLogger(name, settings.logLevel)
    this.registry = createRegistry(name)
    this.skips = new Skips(this.logger)
  }

  async run(start: (context: ServiceContext) => Promise<RunningService>): Promise<void> {
    this.readiness.set('started', false)
    process.on('SIGTERM', () => this.end(0, 'SIGTERM'))
    process.on('SIGINT', () => this.end(0, 'SIGINT'))
    process.on('unhandledRejection', (error) => this.crash('an error was not handled', error))
    process.on('uncaughtException', (error) => this.crash('an error was not caught', error))
    try {
      const health = await startHealthServer({
        host: this.settings.healthHost,
        port: this.settings.healthPort,
        readiness: this.readiness,
        registry: this.registry,
        skips: this.skips,
      })
      this.logger.info({ healthPort: health.port }, 'starting')
      this.running = await start({
        logger: this.logger,
        registry: this.registry,
        readiness: this.readiness,
        skips: this.skips,
        fail: (reason, error) => {
          this.readiness.fail(reason)
          this.logger.error({ error }, reason)
          this.end(1, reason)
        },
      })
    } catch (error) {
      this.logger.fatal({ error }, `cannot start: ${error instanceof Error ? error.message : String(error)}`)
      process.exit(1)
    }
    if (this.exitCode !== null) return this.drain()
    this.readiness.set('started', true)
    this.logger.info('ready to work')
  }

  private end(exitCode: number, reason: string): void {
    if (this.exitCode !== null) {
      this.exitCode = Math.max(this.exitCode, exitCode)
      return
    }
    this.exitCode = exitCode
    this.logger.info({ reason }, 'draining')
    this.readiness.drain()
    if (this.running) void this.drain()
    else this.armStartLimit()
  }

  /** Ends the process if the service does not start within `START_LIMIT_MS`. It need not drain, because it has no work in flight. */
  private armStartLimit(): void {
    setTimeout(() => {
      if (this.running) return
      this.logger.warn(
        { startLimitMs: START_LIMIT_MS },
        'the service was told to end while it was starting; the process ends without draining',
      )
      process.exit(this.exitCode ?? 0)
    }, START_LIMIT_MS).unref()
  }

  private async drain(): Promise<void> {
    this.armLimit()
    try {
      await this.running?.close()
      this.logger.info('ended')
    } catch (error) {
      this.logger.error({ error }, 'could not end cleanly')
      this.exitCode = 1
    }
    process.exit(this.exitCode ?? 0)
  }

  private armLimit(): void {
    setTimeout(() => {
      this.logger.error(
        { drainLimitMs: this.settings.drainLimitMs },
        'the drain limit was reached; the process ends with work in flight',
      )
      process.exit(1)
    }, this.settings.drainLimitMs).unref()
  }

  /** Ends the process after a defect. State may be inconsistent, so nothing is drained; everything durable survives a crash by design. */
  private crash(reason: string, error: unknown): void {
    this.logger.fatal({ error }, reason)
    process.exit(1)
  }
}
