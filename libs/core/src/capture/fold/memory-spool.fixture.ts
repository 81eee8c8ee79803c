import type { SpoolFile } from '../spool/spool-file.js'

/** A spool in memory that counts its reads. */
export class MemorySpool implements SpoolFile {
  bytes = Buffer.alloc(0)
  reads = 0
  isDiscarded = false

  append(bytes: Uint8Array): Promise<void> {
    this.bytes = Buffer.concat([this.bytes, bytes])
    return Promise.resolve()
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    this.reads++
    if (offset + length > this.bytes.length) return Promise.reject(new Error(`${offset + length} is behind the end`))
    return Promise.resolve(this.bytes.subarray(offset, offset + length))
  }

  discard(): Promise<void> {
    this.isDiscarded = true
    return Promise.resolve()
  }
}
