import type { Clock } from '@hooklane/core/kernel'

/** With this many items, handling starts at once. */
const FLUSH_AT_ITEMS = 200

/**
 * Collects items for a moment and then handles them one after the other, in order. Meant for work that no request waits for. Handling many
 * items in a row costs a fraction of handling each of them between other work, because code and data stay in the processor's caches, and
 * the results leave in one request.
 */
export class Batcher<T> {
  private items: T[] = []
  private cancelTurn: (() => void) | null = null

  /**
   * @param waitMs how long the first item waits for others
   * @param handle must not throw
   */
  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly waitMs: number,
    private readonly handle: (item: T) => void,
  ) {}

  add(item: T): void {
    this.items.push(item)
    if (this.items.length >= FLUSH_AT_ITEMS) this.handleAll()
    else this.cancelTurn ??= this.clock.after(this.waitMs, () => this.handleAll())
  }

  private handleAll(): void {
    this.cancelTurn?.()
    this.cancelTurn = null
    const { items } = this
    this.items = []
    for (const item of items) this.handle(item)
  }
}
