import type { LogBatch, LogRecord } from '@hooklane/core/kernel'
import type { ExpiredRange } from '@hooklane/core/routing'

/** A backlog is full at this size. Larger than one transaction, so that no transaction waits for a fetch. Too high: needs more memory. */
const FULL_RECORDS = 4_000
const FULL_BYTES = 16 * 1024 * 1024

/** The records of one partition that were read but not routed yet, in order, without gaps or duplicates. */
export class Backlog {
  #records: LogRecord[] = []
  #bytes = 0
  #next: bigint
  #end: bigint
  #isOvertaken = false

  /** @param next offset of the first record wanted */
  constructor(next: bigint) {
    this.#next = next
    this.#end = next
  }

  /** The next offset to read. */
  get next(): bigint {
    return this.#next
  }

  get records(): readonly LogRecord[] {
    return this.#records
  }

  /** Number of records of the partition that are not routed yet, as of the last read. */
  get lag(): number {
    return this.#records.length + Number(this.#end > this.#next ? this.#end - this.#next : 0n)
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  get isFull(): boolean {
    return this.#records.length >= FULL_RECORDS || this.#bytes >= FULL_BYTES
  }

  /** Whether paused reading should resume. The threshold is lower than that of `isFull`, or every batch would cause a seek. */
  get hasRoom(): boolean {
    return this.#records.length <= FULL_RECORDS / 2 && this.#bytes <= FULL_BYTES / 2
  }

  /** Notes that retention has deleted records from `next` on, so the next batch starts after the deleted records. */
  noteExpired(): void {
    this.#isOvertaken = true
  }

  /** Returns the offsets that retention deleted between `next` and this batch; null: none. Call it before `add`. */
  expiredBefore({ records, endOffset }: LogBatch): ExpiredRange | null {
    if (!this.#isOvertaken) return null
    this.#isOvertaken = false
    const to = records[0]?.offset ?? endOffset
    return to > this.#next ? { from: this.#next, to } : null
  }

  /** Appends records that are routed in place of expired records. */
  insert(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += sizeOf(record)
    }
  }

  /** Appends a batch. After a rejoin, the batch may repeat records that were read before; `add` drops these records. */
  add(batch: LogBatch): void {
    for (const record of batch.records) {
      if (record.offset < this.#next) continue
      this.#records.push(record)
      this.#bytes += sizeOf(record)
    }
    if (batch.endOffset > this.#next) this.#next = batch.endOffset
    this.#end = batch.highWatermark
  }

  /** Removes the first `count` records, which are routed. */
  drop(count: number): void {
    for (const record of this.#records.slice(0, count)) this.#bytes -= sizeOf(record)
    this.#records = this.#records.slice(count)
  }
}

const sizeOf = (record: LogRecord): number => (record.value?.length ?? 0) + (record.key?.length ?? 0) + 100
