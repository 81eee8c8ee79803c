import { backgroundTimers, pause } from '@hooklane/core/kernel'
import type { Logger } from '@hooklane/observability'
import { DatabaseUnavailable } from '@hooklane/postgres/tenancy'
import type { CompanyErasure } from './companies/company-erasure.js'
import type { GroupRemoval } from './worker-groups/group-removal.js'

/** Too low: needless load, although one cheap statement tells whether anything is due. Too high: topics of deleted apps stay longer. */
const EVERY_MS = 1_000
/** Pause after a failure. Longer than the usual one, because a cluster that refuses to delete topics refuses every time. */
const AFTER_FAILURE_MS = 30_000

/** Removes in the background what deleted apps and companies have left behind. Several processes share the work. */
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

  /** Returns false when something could not be removed. */
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
