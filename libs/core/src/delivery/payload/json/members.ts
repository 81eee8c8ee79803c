import type { Envelope } from '@hooklane/contracts/public'

/** JSON text of the members, in their order, without the braces around them. */
export const members = (part: Partial<Envelope>): string => JSON.stringify(part).slice(1, -1)
