/** What a table lost, or may have lost. `leaf`: the partition by which it happened; null: the table as a whole. */
interface Loss {
  readonly at: number
  readonly leaf: number | null
}

/** The truth of what captured tables have lost without a trace in the WAL. Table → partitions, as numbers. */
export class Losses {
  private readonly all = new Map<string, readonly Loss[]>()
  private readonly seen = new Map<string, ReadonlySet<number>>()

  add(table: string, loss: Loss): void {
    this.all.set(table, [...(this.all.get(table) ?? []), loss])
  }

  forget(table: string): void {
    this.all.delete(table)
  }

  /** The catalogue was looked at, and what it showed was recorded. */
  see(table: string, leaves: ReadonlySet<number>): void {
    this.seen.set(table, leaves)
  }

  /**
   * A partition left. One that joined after the last look leaves no trace in any catalogue, and takes with it whatever it brought.
   * @returns whether a look had shown it
   */
  leave(table: string, leaf: number): boolean {
    if (this.seen.get(table)?.has(leaf)) return true
    this.all.set(
      table,
      (this.all.get(table) ?? []).filter((loss) => loss.leaf !== leaf),
    )
    return false
  }

  /** When the table lost something last; null: never. */
  latest(table: string): number | null {
    return this.all.get(table)?.at(-1)?.at ?? null
  }
}
