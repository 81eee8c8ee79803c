/** Place of a delivery in its app's stream. */
export interface StreamPlace {
  readonly epoch: number
  readonly sequence: bigint
}

/** The end of a delivery record's value: the router appends the place to the bytes of the event, as the last member. */
export const orderSuffix = ({ epoch, sequence }: StreamPlace): string =>
  `,"order":{"epoch":${epoch},"sequence":${sequence}}}`

/** Number of bytes before the place; null when the value does not end with exactly this place. */
export function lengthBeforeOrder(value: Buffer, place: StreamPlace): number | null {
  const suffix = orderSuffix(place)
  const length = value.length - suffix.length
  return length > 0 && value.toString('latin1', length) === suffix ? length : null
}
