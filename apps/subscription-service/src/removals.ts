import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@hooklane/observability'
import { DatabaseUnavailable, OPERATOR_SCOPE, type TenantDatabase } from '@hooklane/postgres'
import type { CompanyErasure } from './companies/company-erasure.js'
import type { GroupRemoval } from './worker-groups/group-removal.js'

/** Lower: load without need, although one statement says whether there is anything to do. Higher: topics of deleted apps stay longer. */
const EVERY_MS = 1_000
/** After a failure: a cluster that refuses to remove topics refuses each time. */
const AFTER_FAILURE_MS = 30_000

/** Goes on with removing what deleted apps and companies have left behind. Several processes at once share the work. */
export class Removals {
  private readonly ending = new AbortController()
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly database: TenantDatabase,
    private readonly groups: GroupRemoval,
    private readonly companies: CompanyErasure,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run()
  }

  /** Resolves when the step under way has ended. */
  async stop(): Promise<void> {
    this.ending.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.ending
    while (!signal.aborted) {
      const isFine = await this.sweep()
      await delay(isFine ? EVERY_MS : AFTER_FAILURE_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** False: something could not be removed now. */
  private async sweep(): Promise<boolean> {
    try {
      const isDue = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.workerGroupRemovals.isDue())
      if (isDue) await this.groups.sweep()
      await this.companies.sweep()
      return true
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return true
      this.logger.error({ error }, 'what deleted apps and companies left behind could not be removed; trying again')
      return false
    }
  }
}
