import type { Relation, Row } from '@hooklane/core/capture'

/** A table as `pgoutput` has described it. */
export interface DescribedTable {
  readonly oid: number
  readonly relation: Relation
  /** Columns of the replica identity; under FULL all columns. */
  readonly key: ReadonlySet<string>
}

/**
 * Finds old rows that are incomplete because a partition logged only its key.
 *
 * `pgoutput` sends a change of a partition as a change of its root table. If the root has REPLICA IDENTITY FULL, the message claims to hold
 * the whole old row. But the partition's own replica identity decides which columns were logged. Without FULL, only the key was logged, and
 * every other column comes as null, like a column whose value is null. The message does not name the partition. So while a partition
 * without FULL is known, an old row counts as whole only if a column outside the key of this partition has a value: the partition could not
 * have logged that value.
 *
 * How a partition becomes known: `pgoutput` describes the root and then at once the partition (`maybe_send_schema`). It does so immediately
 * before the partition's first change, and before the first change after the partition was altered. The descriptions of two tables of one
 * TRUNCATE look like those of a root and its partition, so two descriptions count only when a row follows them.
 */
export class PartitionIdentities {
  /** The last two described tables. Empty after a message that is not a description. */
  private described: readonly DescribedTable[] = []
  /** Root → its partitions whose last description had a replica identity other than FULL. */
  private readonly withoutFull = new Map<number, Map<number, DescribedTable>>()

  describe(table: DescribedTable): void {
    this.described = [...this.described.slice(-1), table]
  }

  /** Call for each message that is neither a description nor a row. */
  interrupt(): void {
    this.described = []
  }

  /** Call before `row`. Returns the partition that was described right after the table and right before the row; null: there is none. */
  leafOf(oid: number): number | null {
    const [root, partition] = this.described
    return root?.oid === oid && partition && partition.oid !== oid ? partition.oid : null
  }

  /** Call for each row. @param oid of the table */
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
   * Returns the partitions that may have logged only the key of the old row. Empty: no partition has left out a column.
   * @param old null: the WAL holds no old row, or only its key
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
