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
 * Changes of a partition come as changes of its root, and say "old row" when the root has REPLICA IDENTITY FULL. But the partition's own
 * replica identity decides what was logged of the row. Without FULL, only the key was logged, and every other column is null, which may as
 * well be its value. The message does not say which partition it concerns. So while a partition without FULL is known, an old row counts as
 * whole only when it holds a value that this partition could not have logged: one outside its key.
 *
 * How a partition becomes known: `pgoutput` describes the root and then at once the partition (`maybe_send_schema`). It does so immediately
 * before the partition's first change, and before the first change after the partition was altered. The descriptions of two tables of one
 * TRUNCATE look the same, so two descriptions count only when a row follows them.
 */
export class PartitionIdentities {
  /** The last two tables that were described since any other message. */
  private described: readonly DescribedTable[] = []
  /** Root → its partitions that were last described without FULL. */
  private readonly withoutFull = new Map<number, Map<number, DescribedTable>>()

  describe(table: DescribedTable): void {
    this.described = [...this.described.slice(-1), table]
  }

  /** A message came that is neither a description nor a row. */
  interrupt(): void {
    this.described = []
  }

  /** The partition that was described together with the table, immediately before its row that comes now; null: none was. */
  leafOf(oid: number): number | null {
    const [root, partition] = this.described
    return root?.oid === oid && partition && partition.oid !== oid ? partition.oid : null
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
   * Returns the partitions that may have logged only the key of the old row. None: the row is whole.
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
