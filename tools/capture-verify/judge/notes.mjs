/**
 * Prefix of the logical messages by which the driver notes its actions in the WAL of the PIM. A change of the catalogue is noted in its own
 * transaction.
 */
export const NOTE_PREFIX = 'capture-verify'
/** Prefix of the logical messages by which applications name the actor of a transaction (docs/guides/capture-your-pim.md). */
export const CONTEXT_PREFIX = 'hooklane'
