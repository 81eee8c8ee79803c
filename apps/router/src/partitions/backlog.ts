import type { LogBatch, LogRecord } from '@hooklane/core/kernel'
import type { ExpiredRange } from '@hooklane/core/routing'

/** More than one transaction takes, so that the next one never waits for a fetch; more only costs memory. */
const FULL_RECORDS = 4_000
const FULL_BYTES = 16 * 1024 * 1024

/** Records of one partition that were read and are not yet routed, in order, without gaps and without copies. */
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

  /** Retention has passed `next`: what is read from now on begins behind what it took. */
  overtaken(): void {
    this.#isOvertaken = true
  }

  /** What retention took before a batch that is about to be filed; null as a rule. */
  expiredBefore({ records, endOffset }: LogBatch): ExpiredRange | null {
    if (!this.#isOvertaken) return null
    this.#isOvertaken = false
    const to = records[0]?.offset ?? endOffset
    return to > this.#next ? { from: this.#next, to } : null
  }

  /** Files records that stand in the place of expired ones, behind everything that was read before. */
  insert(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += sizeOf(record)
    }
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
