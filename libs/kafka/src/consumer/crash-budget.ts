/** Counts restarts: so many within a window are allowed, the next one is not. */
export class CrashBudget {
  private readonly crashes: number[] = []

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** Records a crash at a monotonic instant; false when the budget was used up. */
  spend(nowMs: number): boolean {
    while (this.crashes.length > 0 && nowMs - (this.crashes[0] ?? 0) > this.windowMs) this.crashes.shift()
    this.crashes.push(nowMs)
    return this.crashes.length <= this.limit
  }
}
