/** A topic as it exists in the cluster. */
export interface TopicDescription {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  /** `delete`, `compact` or `compact,delete` */
  readonly cleanup: string
  /** −1: unlimited. */
  readonly retentionMs: number
}

/** Requires `topic` to have as many partitions as `as`, or a multiple of that number. */
export interface TopicRelation {
  readonly topic: string
  readonly as: string
  readonly how: 'equal' | 'multiple'
}
