import { backgroundTimers, pause } from '@hooklane/core/kernel'
import type { Logger } from '@hooklane/observability'
import { DatabaseUnavailable } from '@hooklane/postgres/tenancy'
import type { CompanyErasure } from './companies/company-erasure.js'
import type { GroupRemoval } from './worker-groups/group-removal.js'

/** Pause between two sweeps. Too low: needless load, although an idle sweep is cheap. Too high: topics of deleted apps stay longer. */
const EVERY_MS = 1_000
/** Pause after a failed sweep. Longer than `EVERY_MS`, because a Kafka cluster that refuses to delete topics refuses every time. */
const AFTER_FAILURE_MS = 30_000

/** Removes, in the background, worker groups of deleted apps and delivery logs of deleted companies. Several processes share the work. */
export class Removals {
  private readonly ending = new AbortController()
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly groups: GroupRemoval,
    private readonly companies: CompanyErasure,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run()
  }

  /** Resolves when the current sweep has ended. */
  async stop(): Promise<void> {
    this.ending.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.ending
    while (!signal.aborted) {
      const isFine = await this.sweep()
      await pause(backgroundTimers, isFine ? EVERY_MS : AFTER_FAILURE_MS, signal)
    }
  }

  /** Returns false after an error. An unavailable database does not count as an error here. */
  private async sweep(): Promise<boolean> {
    try {
      await this.groups.sweepIfDue()
      await this.companies.sweep()
      return true
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return true
      this.logger.error({ error }, 'the remains of deleted apps and companies could not be removed; trying again')
      return false
    }
  }
}
