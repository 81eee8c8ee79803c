/** Prefix of the messages in which the driver notes what it does, in the log of the PIM: changes of the catalogue in their own transactions. */
export const NOTE_PREFIX = 'capture-verify'
/** Prefix of the messages in which applications say who made a transaction, by the guide. */
export const CONTEXT_PREFIX = 'hooklane'
