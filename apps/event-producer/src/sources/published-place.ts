import { endOfTransaction, isOrdinalPosition, parsePosition } from '@hooklane/core'
import { SourceRefused } from '@hooklane/replication'

/** A position up to which events were published, with its transaction where that is known. */
export interface PublishedPlace {
  readonly text: string
  readonly epoch: number
  readonly commitLsn: bigint
  readonly xid: string | null
}

/** Null when the text is no position. */
export function publishedPlace(text: string, xid: string | null): PublishedPlace | null {
  const position = parsePosition(text)
  return position === null ? null : { text, epoch: position.epoch, commitLsn: position.commitLsn, xid }
}

/** The latest of several; the order of texts is that of positions. */
export const latestPlace = (places: readonly PublishedPlace[]): PublishedPlace | null =>
  places.reduce<PublishedPlace | null>((last, one) => (last === null || one.text > last.text ? one : last), null)

/**
 * A mark of a build that counted row changes in its positions: it stood at the end of a transaction, so it is read as the last place of that.
 */
export function withoutOrdinal(text: string): string {
  if (!isOrdinalPosition(text)) return text
  const [epoch = '', commitLsn = ''] = text.split('-')
  return endOfTransaction(Number.parseInt(epoch, 16), BigInt(`0x${commitLsn}`))
}

/** Such a build may have left a transaction half-published, and which half cannot be told. */
export function refuseOrdinal(source: string, text: string, resetInstructions: string): void {
  if (!isOrdinalPosition(text)) return
  throw new SourceRefused(
    'POSITION_BEHIND',
    `${source} was published up to ${text} by a build whose positions this one cannot continue: let that build publish what the slot ` +
      `holds and end it in order, then start this one. Or, to go on from now, ${resetInstructions}`,
  )
}
