/** A topic as the cluster has it. */
export interface TopicDescription {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  /** `delete`, `compact` or `compact,delete` */
  readonly cleanup: string
  /** −1: for ever. */
  readonly retentionMs: number
}

/** `topic` has as many partitions as `as`, or a multiple of them. */
export interface TopicRelation {
  readonly topic: string
  readonly as: string
  readonly how: 'equal' | 'multiple'
}
