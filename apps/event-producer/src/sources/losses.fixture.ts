/** A certain or possible loss of a table. `at`: when it happened; `leaf`: the partition that caused it; null: the table as a whole. */
interface Loss {
  readonly at: number
  readonly leaf: number | null
}

/** The true losses of captured tables that left no trace in the WAL, for comparison with the announced ones. Partitions are numbers. */
export class Losses {
  private readonly all = new Map<string, readonly Loss[]>()
  private readonly seen = new Map<string, ReadonlySet<number>>()

  add(table: string, loss: Loss): void {
    this.all.set(table, [...(this.all.get(table) ?? []), loss])
  }

  forget(table: string): void {
    this.all.delete(table)
  }

  /** Call when a process has read the catalogue and recorded these partitions of the table. */
  see(table: string, leaves: ReadonlySet<number>): void {
    this.seen.set(table, leaves)
  }

  /**
   * Call when a partition has left. If it joined after the catalogue was last read, no catalogue shows it, and the losses that it caused
   * are gone with it.
   * @returns whether a process had recorded the partition
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
