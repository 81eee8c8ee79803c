import { LogError } from '../client/errors.js'

/**
 * Partition counts of topics, queried once per process. With a count that changed later, the records of a key would go to another
 * partition than before. A failed query is repeated at the next use.
 */
export class PartitionCounts {
  private readonly known = new Map<string, number>()
  private readonly pending = new Map<string, Promise<number>>()

  constructor(private readonly ask: (topic: string) => Promise<number>) {}

  /** Returns the known count; null when it was not loaded yet. */
  get(topic: string): number | null {
    return this.known.get(topic) ?? null
  }

  async load(topic: string): Promise<number> {
    const known = this.known.get(topic)
    if (known !== undefined) return known
    let pending = this.pending.get(topic)
    if (!pending) {
      pending = this.ask(topic).finally(() => this.pending.delete(topic))
      this.pending.set(topic, pending)
    }
    const count = await pending
    if (count < 1) throw new LogError('UNKNOWN_TOPIC', `the topic ${topic} does not exist`)
    this.known.set(topic, count)
    return count
  }
}
