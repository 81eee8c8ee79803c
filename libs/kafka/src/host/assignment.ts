import type { TopicPartition } from '@hooklane/core/kernel'
import type { Assignment } from './partition-handler.js'

/** Tracks the partitions that a member holds, and computes the changes of each rebalance. */
export class HeldPartitions {
  private held = new Map<string, TopicPartition>()

  has(at: TopicPartition): boolean {
    return this.held.has(keyOf(at))
  }

  list(): readonly TopicPartition[] {
    return [...this.held.values()]
  }

  /** Applies the result of a rebalance: `assigned` is everything that is held now. */
  become(assigned: readonly TopicPartition[]): Assignment {
    const before = this.held
    this.held = new Map(assigned.map((at) => [keyOf(at), at]))
    return {
      held: assigned,
      gained: assigned.filter((at) => !before.has(keyOf(at))),
      lost: [...before.values()].filter((at) => !this.has(at)),
    }
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${partition}/${topic}`
