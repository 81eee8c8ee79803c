import type { Readiness } from '@hooklane/observability'
import type { TenantDatabase } from '@hooklane/postgres/tenancy'

/** Too short: needless load. Too long: requests are routed to this process while it cannot serve them. */
const INTERVAL_MS = 2_000

/** Updates readiness when the database becomes available or unavailable. Without a database the service keeps running and returns 503. */
export class DatabaseWatch {
  private timer: NodeJS.Timeout | null = null
  private isStopped = false

  constructor(
    private readonly database: TenantDatabase,
    private readonly readiness: Readiness,
  ) {}

  /** Resolves after the first check, whatever its result. */
  async start(): Promise<void> {
    await this.look()
  }

  stop(): void {
    this.isStopped = true
    if (this.timer) clearTimeout(this.timer)
  }

  private async look(): Promise<void> {
    try {
      await this.database.ping()
      this.readiness.set('database', true)
    } catch {
      this.readiness.set('database', false, 'does not answer')
    }
    if (!this.isStopped) this.timer = setTimeout(() => void this.look(), INTERVAL_MS)
  }
}
