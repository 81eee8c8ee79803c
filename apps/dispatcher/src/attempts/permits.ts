/** Allows at most `max` requests in flight in the process; waiting requests start in order of arrival. */
export class Permits {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(private readonly max: number) {
    this.free = max
  }

  /** Number of permits held now. */
  get taken(): number {
    return this.max - this.free
  }

  /** Runs `begin` at once if a permit is free, otherwise as soon as another holder gives one back. Each holder calls `giveBack` once. */
  take(begin: () => void): void {
    if (this.free > 0) {
      this.free -= 1
      begin()
    } else {
      this.waiting.push(begin)
    }
  }

  giveBack(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.free += 1
  }
}
