import type { PublicationFacts, PublicationMember, RowVersion, TableOids } from './catalogue.js'

export interface OwnChange {
  /** The source's tables, which the publication names now. */
  readonly tables: TableOids
  /** Id of our transaction, 64 bits as decimal text; null: we have changed nothing. */
  readonly xid: string | null
}

/**
 * Whether somebody else changed a publication after the catalogue was last judged and before our own transaction changes the publication.
 * That change may have left out rows, and our own change would hide it. So if this returns true, the catalogue has to be read and judged
 * again.
 *
 * @param judged the publication as it was judged; null: there was none
 * @param found the publication as our transaction sees it
 */
export function isChangedByOthers(
  judged: PublicationFacts | null,
  found: PublicationFacts,
  { tables, xid }: OwnChange,
): boolean {
  const isOurs = (version: RowVersion): boolean => xid !== null && version.split('/')[1] === shortXid(xid)
  const isAsJudged = judged?.version === found.version || (judged === null && isOurs(found.version))
  if (!isAsJudged) return true
  return [...tables.values()].some((oid) => {
    const before = judged?.members.get(oid)
    const now = found.members.get(oid)
    if (!now || !isOurs(now.version)) return now?.version !== before?.version
    return isPublishedWhole(before)
  })
}

/**
 * Whether a member was published with all its rows and columns. We do not change such a member. If we did change it, somebody else had
 * removed or narrowed it in between.
 */
const isPublishedWhole = (member: PublicationMember | undefined): boolean => member?.isNarrowed === false

/** `xmin` holds the lower 32 bits of a transaction's id. */
const shortXid = (xid: string): string => String(BigInt(xid) & 0xffff_ffffn)
