import { endOfTransaction, isOrdinalPosition, parsePosition } from '@hooklane/core/capture'
import { SourceUnreadable } from '@hooklane/replication'
import type { MarkedPlace } from '../marks/mark-keeper.js'

/** A position up to which events were published, with its transaction if that is known. */
export interface PublishedPlace {
  readonly text: string
  readonly epoch: number
  readonly commitLsn: bigint
  readonly xid: string | null
}

/** Null when the text is not a position. */
export function publishedPlace(text: string, xid: string | null): PublishedPlace | null {
  const position = parsePosition(text)
  return position === null ? null : { text, epoch: position.epoch, commitLsn: position.commitLsn, xid }
}

/** The latest of several places. The order of the texts is the order of the positions. */
export const latestPlace = (places: readonly PublishedPlace[]): PublishedPlace | null =>
  places.reduce<PublishedPlace | null>((last, one) => (last === null || one.text > last.text ? one : last), null)

/** The place of a mark (see `MarkKeeper`); null when the mark has no valid position. */
export const markedPlace = ({ position, xid }: MarkedPlace): PublishedPlace | null =>
  publishedPlace(convertOrdinalPosition(position), xid)

/**
 * The end of the transaction of a place. Under another capture file, the same transaction might have events after the last published
 * event. These do not count as missing.
 */
export const endOf = ({ epoch, commitLsn, xid }: PublishedPlace): MarkedPlace => ({
  position: endOfTransaction(epoch, commitLsn),
  xid,
})

/**
 * Converts the position of a mark from a build that counted row changes in its positions. Such a mark was at the end of a transaction, so
 * it becomes the last place of that transaction.
 */
export function convertOrdinalPosition(text: string): string {
  if (!isOrdinalPosition(text)) return text
  const [epoch = '', commitLsn = ''] = text.split('-')
  return endOfTransaction(Number.parseInt(epoch, 16), BigInt(`0x${commitLsn}`))
}

/**
 * A build that counted row changes in its positions may have published an unknown part of a transaction after its mark.
 * @throws SourceUnreadable when there is an event of such a build after the mark
 */
export function refuseOrdinalPositions(
  events: readonly { readonly position: string }[],
  {
    mark,
    name,
    resetInstructions,
  }: { readonly mark: { readonly position: string } | null; readonly name: string; readonly resetInstructions: string },
): void {
  const marked = mark === null ? '' : convertOrdinalPosition(mark.position)
  const refused = events.find(({ position }) => position > marked && isOrdinalPosition(position))
  if (!refused) return
  throw new SourceUnreadable(
    'POSITION_BEHIND',
    `${name} was published up to ${refused.position} by an earlier build, and this build cannot continue from positions of that form: let ` +
      `the earlier build publish what the slot holds, stop it cleanly, and then start this one. Or, to go on from now, ${resetInstructions}`,
  )
}

/** The commit LSN up to which transactions are known to be published as a whole; 0 (unknown) when the place is within a transaction. */
export const wholeUpTo = ({ text, epoch, commitLsn }: PublishedPlace): bigint =>
  text === endOfTransaction(epoch, commitLsn) ? commitLsn : 0n
