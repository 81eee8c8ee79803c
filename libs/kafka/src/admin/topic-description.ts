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

/** Requires `topic` to have as many partitions as `reference` (`equal`), or a multiple of that number (`multiple`). */
export interface TopicRelation {
  readonly topic: string
  readonly reference: string
  readonly how: 'equal' | 'multiple'
}
