import { decodeRouterState, ROUTER_STATE_END_KEY, type RouterStateRecord } from '@hooklane/contracts/records'
import type { LogBatch } from '@hooklane/core/kernel'

/**
 * Collects the records of one partition of `router.state`, from the start to our own end record (`ROUTER_STATE_END_KEY`, with our nonce).
 * We wrote the end record after we had fenced all earlier owners, so every record that they committed comes before it.
 */
export class StateRestore {
  readonly #nonce: string
  readonly #values = new Map<string, Buffer>()
  #next = 0n
  #isComplete = false

  constructor(nonce: string) {
    this.#nonce = nonce
  }

  /** Whether our own end record was read. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** The offset after the last record read. */
  get position(): bigint {
    return this.#next
  }

  /** Discards all records, because reading starts again at the start of the partition. */
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
   * @throws Error when a record cannot be decoded. A guessed sequence number would break a stream, so the partition waits for an operator
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
