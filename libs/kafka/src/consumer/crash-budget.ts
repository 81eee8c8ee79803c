/** Allows a limited number of crashes within a time window. */
export class CrashBudget {
  private readonly crashes: number[] = []

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** Records a crash at a monotonic instant. Returns false when the crash exceeds the budget. */
  spend(nowMs: number): boolean {
    while (this.crashes.length > 0 && nowMs - (this.crashes[0] ?? 0) > this.windowMs) this.crashes.shift()
    this.crashes.push(nowMs)
    return this.crashes.length <= this.limit
  }
}
