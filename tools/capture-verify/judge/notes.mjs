/**
 * Prefix of the logical messages by which the driver, the part of this tool that changes the PIM, notes its actions in the PIM's WAL. The
 * note of a change of the catalogue is in the same transaction as the change.
 */
export const NOTE_PREFIX = 'capture-verify'
/** Prefix of the logical messages by which applications name the actor of a transaction (docs/guides/capture-your-pim.md). */
export const CONTEXT_PREFIX = 'hooklane'
