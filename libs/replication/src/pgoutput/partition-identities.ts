import type { Relation, Row } from '@hooklane/core/capture'

/** A table as `pgoutput` has described it. */
export interface DescribedTable {
  readonly oid: number
  readonly relation: Relation
  /** Columns of its replica identity; under FULL all of them. */
  readonly key: ReadonlySet<string>
}

/**
 * Finds old rows that a partition has left incomplete.
 *
 * Changes of a partition come as changes of its root, and say "old row" when the root has REPLICA IDENTITY FULL. What was logged of the row
 * is up to the partition's own replica identity: of one without FULL only the key is there, and every other column is null, which may as
 * well be its value. Which partition a change is of is not said. So while a partition without FULL is known of, an old row is taken for whole
 * only when it holds what that partition could not have logged: a value outside its key.
 *
 * How a partition becomes known: `pgoutput` describes the root and at once the partition, immediately before the partition's first change and
 * before the first one after it was altered (`maybe_send_schema`). Between two tables of one TRUNCATE the same stands, so only what a row
 * follows counts.
 */
export class PartitionIdentities {
  /** The last two tables described since anything else came. */
  private described: readonly DescribedTable[] = []
  /** Root → its partitions that were last described without FULL. */
  private readonly withoutFull = new Map<number, Map<number, DescribedTable>>()

  describe(table: DescribedTable): void {
    this.described = [...this.described.slice(-1), table]
  }

  /** Something came that is neither a description nor a row. */
  interrupt(): void {
    this.described = []
  }

  /** A row of the table came. */
  row(oid: number): void {
    const [root, partition] = this.described
    this.described = []
    if (root?.oid !== oid || !partition || partition.oid === oid) return
    const incomplete = this.withoutFull.get(oid) ?? new Map<number, DescribedTable>()
    if (partition.relation.replicaIdentity === 'full') incomplete.delete(partition.oid)
    else incomplete.set(partition.oid, partition)
    this.withoutFull.set(oid, incomplete)
  }

  /**
   * Partitions that may have logged no more of the old row than its key; none: it is whole.
   * @param old null: nothing, or a key alone, stands in the log
   */
  suspects(oid: number, old: Row | null): Relation[] {
    const incomplete = this.withoutFull.get(oid)
    if (!incomplete) return []
    return [...incomplete.values()]
      .filter(({ key }) => old === null || !holdsValueOutside(key, old))
      .map(({ relation }) => relation)
  }
}

function holdsValueOutside(key: ReadonlySet<string>, row: Row): boolean {
  for (const [column, value] of row) if (value !== null && !key.has(column)) return true
  return false
}
