import type { ResyncReason } from '@hooklane/contracts/public'
import type { CatalogueTable, FoundLeaf, Leaf } from './catalogue.js'

export interface PartitionQuestion {
  /** Null: not known. */
  readonly known: ReadonlyMap<number, Leaf> | null
  readonly found: CatalogueTable
  /** The table is published without being named: PostgreSQL then lets it be UNLOGGED for a while. */
  readonly isOfAllTables: boolean
  /** Transactions (`xid`) whose TRUNCATE of the table itself stands in the log: receivers are told of those there. */
  readonly truncatedBy: ReadonlySet<string>
}

/**
 * Why the rows of a captured table changed without a trace in the log, since they were last looked at; null: they did not.
 *
 * The log holds what is done to the captured table. What is done to a partition by name (TRUNCATE, DETACH, ATTACH, DROP) it does not, nor what was
 * done to it while it was none. Rewriting a partition (VACUUM FULL, CLUSTER, another type of a column) looks like TRUNCATE from here:
 * one announcement too many.
 */
export function unloggedChange({ known, found, isOfAllTables, truncatedBy }: PartitionQuestion): ResyncReason | null {
  if (!known) return null
  // A table is made with its oid as its file.
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
 * Without rows that nobody was told of. What stands above it in another known path was joined before it, with whatever that held: of itself,
 * only what is below that counts.
 */
function hasJoinedEmpty({ path, emptyLinks }: FoundLeaf, knownPaths: readonly string[]): boolean {
  const links = path.split('/')
  const above = links.slice(0, Math.max(1, links.length - emptyLinks)).join('/')
  return above === '' || knownPaths.some((one) => one.startsWith(`${above}/`))
}
