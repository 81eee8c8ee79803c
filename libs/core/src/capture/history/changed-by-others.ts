import type { PublicationFacts, PublicationMember, RowVersion, TableOids } from './catalogue.js'

export interface OwnChange {
  /** The source's tables, which the publication names now. */
  readonly tables: TableOids
  /** Of our transaction, 64 bits as decimal text; null: we have changed nothing. */
  readonly xid: string | null
}

/**
 * Whether anybody else has changed a publication between the look that was judged and the transaction in which we change it ourselves. What they left
 * out meanwhile was not judged, and after our change nothing would show it: the look has to be taken again.
 *
 * @param judged what the look has shown; null: there was none
 * @param found as our transaction sees it
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

/** We have put it in: so it was taken out before, or narrowed. */
const isPublishedWhole = (member: PublicationMember | undefined): boolean => member?.isNarrowed === false

/** Rows carry the lower 32 bits of a transaction's number. */
const shortXid = (xid: string): string => String(BigInt(xid) & 0xffff_ffffn)
