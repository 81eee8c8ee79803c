import { createHash } from 'node:crypto'
import type { SeenChunkState } from '@hooklane/contracts/records'

/** Number of ids per chunk. Too high: the record that each batch writes per producer is large. Too low: the window holds few ids. */
export const SEEN_CHUNK_IDS = 160

/**
 * Ids of at most this length are kept as they are; longer ones as a digest, so that a chunk stays below 8 KiB whatever the producer does.
 */
const LONGEST_PLAIN_ID = 44

/** The company and producer whose events a window remembers. A company that was deleted and created again under its id is another owner. */
export interface WindowOwner {
  readonly companyId: string
  readonly incarnation: number
  readonly producer: string
}

/**
 * What is remembered of one producer in one company: its last position, and the ids of its last events (at least
 * `(chunks − 1) × 160`, 10,080 with 64 chunks), so that a copy can be told from an event that is out of order.
 *
 * The ids lie in a ring of chunks. Only the newest chunk grows; when it is full, the next one replaces the oldest. So a batch changes one
 * chunk per producer (at most 8 KiB, 3 KiB on average with ids of 30 characters), and one more for each chunk that it fills. Memory: about
 * 80 bytes per id, 0.8 MB when the window is full.
 */
export class SeenWindow {
  readonly #owner: WindowOwner
  readonly #ring: (Chunk | undefined)[]
  readonly #ids = new Set<string>()
  #newest: Chunk | undefined
  #position: string | null = null
  readonly #changed = new Set<Chunk>()

  constructor(owner: WindowOwner, chunks: number) {
    this.#owner = owner
    this.#ring = new Array<Chunk | undefined>(chunks)
  }

  /** The company's incarnation. */
  get incarnation(): number {
    return this.#owner.incarnation
  }

  /** Highest position so far; null before the first event that has one. */
  get position(): string | null {
    return this.#position
  }

  has(eventId: string): boolean {
    return this.#ids.has(fingerprint(eventId))
  }

  /** Remembers an event that is not a copy. The caller has refused positions that are not above the last one. */
  remember(eventId: string, position: string | null): void {
    const chunk = this.#chunkWithRoom()
    const id = fingerprint(eventId)
    chunk.ids.push(id)
    this.#ids.add(id)
    this.#changed.add(chunk)
    if (position !== null) this.#position = position
  }

  /** Restores a chunk as it was written. Chunks may come in any order, but only the newest record of each key may be given. */
  restore(state: SeenChunkState): void {
    const chunk: Chunk = { number: state.chunk, ids: [...state.ids] }
    this.#ring[state.chunk % this.#ring.length] = chunk
    for (const id of chunk.ids) this.#ids.add(id)
    if (this.#newest && this.#newest.number > chunk.number) return
    this.#newest = chunk
    this.#position = state.position
  }

  /** The chunks that changed since the last call, to be written. */
  takeChanges(): SeenChunkState[] {
    const states = [...this.#changed].map((chunk) => this.#stateOf(chunk))
    this.#changed.clear()
    return states
  }

  /** All chunks. */
  states(): SeenChunkState[] {
    return this.#ring.flatMap((chunk) => (chunk ? [this.#stateOf(chunk)] : []))
  }

  #stateOf(chunk: Chunk): SeenChunkState {
    const { companyId, incarnation, producer } = this.#owner
    return {
      kind: 'seen',
      companyId,
      ...(incarnation === 1 ? {} : { incarnation }),
      producer,
      chunk: chunk.number,
      position: this.#position,
      ids: [...chunk.ids],
    }
  }

  #chunkWithRoom(): Chunk {
    if (this.#newest && this.#newest.ids.length < SEEN_CHUNK_IDS) return this.#newest
    const chunk: Chunk = { number: this.#newest ? this.#newest.number + 1 : 0, ids: [] }
    const slot = chunk.number % this.#ring.length
    const oldest = this.#ring[slot]
    if (oldest) {
      for (const id of oldest.ids) this.#ids.delete(id)
      // The old chunk has the same key as the new one, whose record replaces it.
      this.#changed.delete(oldest)
    }
    this.#ring[slot] = chunk
    this.#newest = chunk
    return chunk
  }
}

interface Chunk {
  readonly number: number
  readonly ids: string[]
}

/** A digest cannot equal a plain id, because it is longer than any plain id. */
function fingerprint(eventId: string): string {
  if (eventId.length <= LONGEST_PLAIN_ID) return eventId
  return `#${createHash('sha256').update(eventId, 'utf8').digest('hex').slice(0, LONGEST_PLAIN_ID)}`
}
