import type { PublicationFacts, PublicationMember, RowVersion, TableOids } from './catalogue.js'

export interface OwnChange {
  /** The source's tables, which the publication names now. */
  readonly tables: TableOids
  /** Id of our transaction, 64 bits as decimal text; null: we have changed nothing. */
  readonly xid: string | null
}

/**
 * Whether somebody else has changed a publication between the look that was judged and the transaction in which we change it ourselves.
 * What the publication left out meanwhile was not judged, and after our change nothing would show it. So the catalogue has to be looked at
 * and judged again.
 *
 * @param judged the publication at that look; null: there was none
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
 * A member that was published whole needs no change by us. If we changed it all the same, others had taken it out or narrowed it meanwhile.
 */
const isPublishedWhole = (member: PublicationMember | undefined): boolean => member?.isNarrowed === false

/** `xmin` holds the lower 32 bits of a transaction's id. */
const shortXid = (xid: string): string => String(BigInt(xid) & 0xffff_ffffn)
