import type { ResyncReason } from '@hooklane/contracts/public'
import type { CatalogueTable, FoundLeaf, Leaf } from './catalogue.js'

export interface PartitionQuestion {
  /** The table's leaves when the catalogue was last read; null: not known. */
  readonly known: ReadonlyMap<number, Leaf> | null
  readonly found: CatalogueTable
  /** The publication is one FOR ALL TABLES: PostgreSQL then lets the table be UNLOGGED for a while. */
  readonly isOfAllTables: boolean
  /** Transactions (`xid`) that truncated the table itself. This TRUNCATE is in the WAL, so it is announced from there. */
  readonly truncatedBy: ReadonlySet<string>
}

/**
 * Why the rows of a captured table changed without a trace in the WAL since the last look; null: they did not.
 *
 * The WAL holds the changes of the captured table. It does not hold TRUNCATE, DETACH, ATTACH or DROP of one of its partitions by name, nor
 * what was done to a table before it became a partition. Rewriting a partition (VACUUM FULL, CLUSTER, a new type of a column) cannot be
 * told from TRUNCATE here, so it causes an unnecessary announcement.
 */
export function unloggedChange({ known, found, isOfAllTables, truncatedBy }: PartitionQuestion): ResyncReason | null {
  if (!known) return null
  // The first file of a table has the table's oid as its number.
  const isRewritten = (oid: number, leaf: FoundLeaf): boolean =>
    (known.get(oid)?.file ?? String(oid)) !== leaf.file && !truncatedBy.has(leaf.alteredBy)
  const leaves = [...found.leaves]
  if (!found.isPartitioned) {
    return isOfAllTables && leaves.some(([oid, leaf]) => known.has(oid) && isRewritten(oid, leaf))
      ? 'publication'
      : null
  }
  if ([...known.keys()].some((oid) => !found.leaves.has(oid))) return 'detached'
  const knownPaths = [...known.values()].map(({ path }) => path)
  const hasJoined = (oid: number, leaf: FoundLeaf): boolean =>
    known.has(oid) ? known.get(oid)?.path !== leaf.path : !hasJoinedEmpty(leaf, knownPaths)
  if (leaves.some(([oid, leaf]) => hasJoined(oid, leaf))) return 'attached'
  return leaves.some(([oid, leaf]) => isRewritten(oid, leaf)) ? 'truncated' : null
}

/**
 * Whether a leaf joined the table without bringing rows that receivers do not know. The last `emptyLinks` links of its path were made while
 * the attached table was empty. So only the part of the path above them is checked: it must be empty, or belong to a known path, which was
 * judged earlier.
 */
function hasJoinedEmpty({ path, emptyLinks }: FoundLeaf, knownPaths: readonly string[]): boolean {
  const links = path.split('/')
  const above = links.slice(0, Math.max(1, links.length - emptyLinks)).join('/')
  return above === '' || knownPaths.some((one) => one.startsWith(`${above}/`))
}
