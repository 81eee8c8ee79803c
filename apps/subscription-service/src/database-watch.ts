import type { Readiness } from '@hooklane/observability'
import type { TenantDatabase } from '@hooklane/postgres'

/** Too short: load without need. Too long: requests are sent to us while we cannot answer them. */
const INTERVAL_MS = 2_000

/** Keeps readiness true to whether the database answers. The service itself lives on without it and answers 503. */
export class DatabaseWatch {
  private timer: NodeJS.Timeout | null = null
  private isStopped = false

  constructor(
    private readonly database: TenantDatabase,
    private readonly readiness: Readiness,
  ) {}

  /** Resolves after the first look, whatever it found. */
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
