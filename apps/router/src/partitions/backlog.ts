import type { LogBatch, LogRecord } from '@hooklane/core'

/** More than one transaction takes, so that the next one never waits for a fetch; more only costs memory. */
const FULL_RECORDS = 4_000
const FULL_BYTES = 16 * 1024 * 1024

/** Records of one partition that were read and are not yet routed, in order, without gaps and without copies. */
export class Backlog {
  #records: LogRecord[] = []
  #bytes = 0
  #next: bigint
  #end: bigint

  /** @param next offset of the first record wanted */
  constructor(next: bigint) {
    this.#next = next
    this.#end = next
  }

  /** Where reading goes on. */
  get next(): bigint {
    return this.#next
  }

  get records(): readonly LogRecord[] {
    return this.#records
  }

  /** Records of the partition that are not routed, as of the last read. */
  get lag(): number {
    return this.#records.length + Number(this.#end > this.#next ? this.#end - this.#next : 0n)
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  get isFull(): boolean {
    return this.#records.length >= FULL_RECORDS || this.#bytes >= FULL_BYTES
  }

  /** Worth reading again: stopping and starting at one threshold would seek at every batch. */
  get hasRoom(): boolean {
    return this.#records.length <= FULL_RECORDS / 2 && this.#bytes <= FULL_BYTES / 2
  }

  /** Files a batch. A rejoin may bring records again that were filed before: they are dropped. */
  add(batch: LogBatch): void {
    for (const record of batch.records) {
      if (record.offset < this.#next) continue
      this.#records.push(record)
      this.#bytes += sizeOf(record)
    }
    if (batch.endOffset > this.#next) this.#next = batch.endOffset
    this.#end = batch.highWatermark
  }

  /** Forgets the first records: they are routed. */
  drop(count: number): void {
    for (const record of this.#records.slice(0, count)) this.#bytes -= sizeOf(record)
    this.#records = this.#records.slice(count)
  }
}

const sizeOf = (record: LogRecord): number => (record.value?.length ?? 0) + (record.key?.length ?? 0) + 100
