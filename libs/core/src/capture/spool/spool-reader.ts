import type { SpoolFile } from './spool-file.js'

const BLOCK_BYTES = 256 * 1024
/**
 * Maximum number of cached blocks. A few are enough, because the states of an entity lie close together, or in two runs (all first states,
 * then all last states).
 */
const MAX_BLOCKS = 8

/** Reads pieces of a spool through a few cached blocks, so that reading in file order costs one read per block. */
export class SpoolReader {
  /** Cached blocks by index, least recently used first. */
  private readonly blocks = new Map<number, Uint8Array>()

  constructor(
    private readonly file: SpoolFile,
    private readonly fileBytes: number,
  ) {}

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array()
    const block = Math.floor(offset / BLOCK_BYTES)
    const last = Math.floor((offset + length - 1) / BLOCK_BYTES)
    // A piece that spans many blocks would push all other blocks out of the cache.
    if (last - block > 1) return this.file.read(offset, length)
    const from = offset - block * BLOCK_BYTES
    const first = await this.block(block)
    if (block === last) return first.subarray(from, from + length)
    return Buffer.concat([first.subarray(from), await this.block(last)]).subarray(0, length)
  }

  private async block(index: number): Promise<Uint8Array> {
    const cached = this.blocks.get(index)
    const offset = index * BLOCK_BYTES
    const bytes = cached ?? (await this.file.read(offset, Math.min(BLOCK_BYTES, this.fileBytes - offset)))
    this.blocks.delete(index)
    this.blocks.set(index, bytes)
    const [oldest] = this.blocks.keys()
    if (this.blocks.size > MAX_BLOCKS && oldest !== undefined) this.blocks.delete(oldest)
    return bytes
  }
}
