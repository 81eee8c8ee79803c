import { pause, processTimers } from '@hooklane/core/kernel'
import type { Readiness } from '@hooklane/observability'
import type { TenantDatabase } from '@hooklane/postgres/tenancy'

/** Pause between two checks. Too short: needless load. Too long: this process gets requests although it cannot serve them. */
const INTERVAL_MS = 2_000

/** Updates readiness when the database becomes available or unavailable. Without a database the service keeps running and returns 503. */
export class DatabaseWatch {
  private readonly stopping = new AbortController()

  constructor(
    private readonly database: TenantDatabase,
    private readonly readiness: Readiness,
  ) {}

  /** Resolves after the first check, whatever its result. */
  async start(): Promise<void> {
    await this.look()
    void this.lookAgain()
  }

  stop(): void {
    this.stopping.abort()
  }

  private async lookAgain(): Promise<void> {
    const { signal } = this.stopping
    for (;;) {
      await pause(processTimers, INTERVAL_MS, signal)
      if (signal.aborted) return
      await this.look()
    }
  }

  private async look(): Promise<void> {
    try {
      await this.database.ping()
      this.readiness.set('database', true)
    } catch {
      this.readiness.set('database', false, 'does not answer')
    }
  }
}
