/**
 * The role of a partition in the session that reads it. `main`: the session owns the partition and files its records by lane, and the
 * partition's offsets are the session's position. Code that depends on the kind uses a table with one entry per kind, so that a new kind
 * does not compile until every table has an entry for it.
 */
export type PartitionKind = 'main'
