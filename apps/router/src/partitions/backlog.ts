import type { LogBatch, LogRecord } from '@hooklane/core/kernel'
import type { ExpiredRange } from '@hooklane/core/routing'

/** Larger than one transaction, so that the next transaction never waits for a fetch. Too high: only costs memory. */
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

  /** Whether reading should resume. A lower threshold than `isFull`, because with a single one every batch would cause a seek. */
  get hasRoom(): boolean {
    return this.#records.length <= FULL_RECORDS / 2 && this.#bytes <= FULL_BYTES / 2
  }

  /** Notes that retention has deleted records at `next`: the next batch starts behind the deleted records. */
  noteExpired(): void {
    this.#isOvertaken = true
  }

  /** Returns the range that retention deleted just before a batch that is about to be filed; normally null. */
  expiredBefore({ records, endOffset }: LogBatch): ExpiredRange | null {
    if (!this.#isOvertaken) return null
    this.#isOvertaken = false
    const to = records[0]?.offset ?? endOffset
    return to > this.#next ? { from: this.#next, to } : null
  }

  /** Files records that replace expired ones, behind everything that was read before. */
  insert(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += sizeOf(record)
    }
  }

  /** Files a batch. After a rejoin it may contain records that were filed before; these are dropped. */
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
