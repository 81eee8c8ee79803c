import type { Logger } from '@hooklane/observability'
import { DatabaseUnavailable, OPERATOR_SCOPE, type TenantDatabase } from '@hooklane/postgres'

/** Too short: load without need. Too long: the table holds more than it must; nobody sees an expired row either way. */
const INTERVAL_MS = 600_000
/** Rows per statement: few enough that nobody waits for their locks. */
const BATCH = 1_000

/** Removes kept answers that have expired. Several processes at once share the work. */
export class ExpiredAnswers {
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly database: TenantDatabase,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.sweep(), INTERVAL_MS)
    this.timer.unref()
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /** Never rejects: what is left is removed the next time. */
  async sweep(): Promise<void> {
    try {
      let removed = BATCH
      while (removed === BATCH) {
        removed = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.idempotency.removeExpired(BATCH))
      }
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return
      this.logger.error({ error }, 'expired answers could not be removed')
    }
  }
}
