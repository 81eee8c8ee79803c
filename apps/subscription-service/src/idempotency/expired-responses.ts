import type { Logger } from '@hooklane/observability'
import { DatabaseUnavailable, OPERATOR_SCOPE, type TenantDatabase } from '@hooklane/postgres/tenancy'

/** Pause between two removals. Too short: needless load. Too long: a larger table. No request ever sees an expired row. */
const INTERVAL_MS = 600_000
/** Rows per statement. Too many: other statements wait until these rows are unlocked. Too few: needless statements. */
const BATCH = 1_000

/** Removes stored responses that have expired. Several processes share the work. */
export class ExpiredResponses {
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

  /** Never rejects. After an error, the next sweep removes the remaining rows. */
  async sweep(): Promise<void> {
    try {
      let removed = BATCH
      while (removed === BATCH) {
        removed = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.idempotency.removeExpired(BATCH))
      }
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return
      this.logger.error({ error }, 'expired responses of idempotent requests could not be removed')
    }
  }
}
