import { decodeRouterState, ROUTER_STATE_END_KEY, type RouterStateRecord } from '@hooklane/contracts/records'
import type { LogBatch } from '@hooklane/core/kernel'

/**
 * Collects the records of a partition of `router.state`, from its beginning up to the marker (`ROUTER_STATE_END_KEY`) with our own nonce.
 * The marker was written by the only writer that is not fenced, so everything that predecessors committed comes before it.
 */
export class StateRestore {
  readonly #nonce: string
  readonly #values = new Map<string, Buffer>()
  #next = 0n
  #isComplete = false

  constructor(nonce: string) {
    this.#nonce = nonce
  }

  /** Whether the end record was read. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** The offset after the last record read. */
  get position(): bigint {
    return this.#next
  }

  /** Starts over: the reader was sent back to the start of the topic. */
  restart(): void {
    this.#values.clear()
    this.#next = 0n
  }

  add(batch: LogBatch): void {
    for (const record of batch.records) {
      if (this.#isComplete) return
      if (record.offset < this.#next || !record.key) continue
      const key = record.key.toString('utf8')
      if (key !== ROUTER_STATE_END_KEY) this.#keep(key, record.value)
      else if (record.value?.toString('utf8') === this.#nonce) this.#isComplete = true
    }
    if (batch.endOffset > this.#next) this.#next = batch.endOffset
  }

  /**
   * Returns the newest record of each key.
   *
   * @throws Error when a record cannot be read: to go on with a guessed sequence number would break a stream, so the partition waits for an operator
   */
  records(): RouterStateRecord[] {
    return [...this.#values].map(([key, value]) => {
      const decoded = decodeRouterState(value)
      if (!decoded.ok) throw new Error(`the state record ${key} cannot be read: ${decoded.reason}`)
      return decoded.value
    })
  }

  #keep(key: string, value: Buffer | null): void {
    if (value) this.#values.set(key, value)
    else this.#values.delete(key)
  }
}
