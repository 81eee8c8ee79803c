/**
 * What a partition is to the session that reads it. `main`: the session owns it, files its records by lane, and its offsets are the
 * session's position. What depends on the kind stands in a table by kind, so that a new kind does not compile before it is decided there.
 */
export type PartitionKind = 'main'
