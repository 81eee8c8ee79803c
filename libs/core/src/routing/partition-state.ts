import type { AppStreamState, RouterStateRecord, SeenChunkState } from '@hooklane/contracts/records'
import { FIRST_INCARNATION, type CompanyIncarnation } from '../kernel/identity/company-incarnation.js'
import { SeenWindow } from './seen-window.js'
import type { StreamPlace } from '../kernel/identity/stream-place.js'

/** The changes of the state that a transaction writes: records to write, and records to delete. */
export interface StateChanges {
  readonly written: readonly RouterStateRecord[]
  /** Records to delete from the topic, by their keys. */
  readonly forgotten: readonly RouterStateRecord[]
}

/** The stream of one app. Its numbers continue through all epochs. */
interface Stream {
  readonly epoch: number
  /** The last number assigned; 0 before the first. */
  readonly sequence: bigint
  /** Highest epoch whose end was published; 0: none. */
  readonly ended: number
}

/**
 * The router's memory of one partition of `events`: the last sequence of every app, the window of every producer, and the next offset.
 * A company's events lie in one partition, so each app and each window belongs to exactly one such state.
 *
 * It changes while a batch is routed, before the batch is committed. Invariant: when it is not certain that a transaction succeeded,
 * the whole state is thrown away and restored from `router.state`; it is never repaired.
 * Size: below 100 bytes per app that ever got a delivery, and the windows (see `SeenWindow`).
 */
export class PartitionState {
  readonly #chunks: number
  readonly #streams = new Map<string, Stream>()
  readonly #windows = new Map<string, SeenWindow>()
  readonly #changedApps = new Set<string>()
  readonly #changedWindows = new Set<SeenWindow>()
  #forgotten: SeenChunkState[] = []
  #next: bigint | null = null

  /** @param chunks number of chunks of each window; a chunk's place in its window is part of its record's key */
  constructor(chunks: number) {
    this.#chunks = chunks
  }

  /** Restores the state from the newest record of each key, in any order. */
  static restored(records: Iterable<RouterStateRecord>, chunks: number): PartitionState {
    const state = new PartitionState(chunks)
    for (const record of records) state.#restore(record)
    return state
  }

  /** Offset of the next event as of the last commit; null when nothing was ever routed. */
  get committedNext(): bigint | null {
    return this.#next
  }

  /**
   * Returns the window of a producer in a company. A company that was created again starts with an empty window, and the former company's
   * window is forgotten. If the configuration view has fallen behind and still shows the former company, the new window is returned
   * nevertheless.
   */
  window(company: CompanyIncarnation, producer: string): SeenWindow {
    // Neither part contains a space.
    const key = `${company.id} ${producer}`
    const known = this.#windows.get(key)
    if (known && known.incarnation >= company.incarnation) return known
    if (known) {
      this.#forgotten.push(...known.states())
      this.#changedWindows.delete(known)
    }
    const window = new SeenWindow({ companyId: company.id, incarnation: company.incarnation, producer }, this.#chunks)
    this.#windows.set(key, window)
    return window
  }

  remember(window: SeenWindow, event: { readonly id: string; readonly position: string | null }): void {
    window.remember(event.id, event.position)
    this.#changedWindows.add(window)
  }

  /**
   * Assigns the app's next number: 1, 2, 3 … through all epochs. The epoch is that of the configuration, or a higher one that the stream
   * has reached: a stream's epoch never falls, and no number is assigned in an epoch that has ended.
   */
  nextPlace(appId: string, epoch: number): StreamPlace {
    const last = this.#streams.get(appId) ?? NO_STREAM
    const stream = { ...last, epoch: Math.max(epoch, last.epoch, last.ended + 1), sequence: last.sequence + 1n }
    this.#streams.set(appId, stream)
    this.#changedApps.add(appId)
    return { epoch: stream.epoch, sequence: stream.sequence }
  }

  /** Whether the end of this epoch, or of a later one, was published. */
  hasEnded(appId: string, epoch: number): boolean {
    return (this.#streams.get(appId)?.ended ?? 0) >= epoch
  }

  /** Ends the app's stream in this epoch. Returns the last number that was assigned; 0: none was. */
  endStream(appId: string, epoch: number): bigint {
    const last = this.#streams.get(appId) ?? NO_STREAM
    this.#streams.set(appId, { ...last, epoch: Math.max(epoch, last.epoch), ended: Math.max(epoch, last.ended) })
    this.#changedApps.add(appId)
    return last.sequence
  }

  /**
   * Returns the changes since the last call. The batch's transaction must write them.
   * @param next offset after the batch; null: the batch covers no record
   */
  takeChanges(next: bigint | null): StateChanges {
    const written: RouterStateRecord[] = []
    for (const appId of this.#changedApps) {
      const stream = this.#streams.get(appId)
      if (stream) written.push(appState(appId, stream))
    }
    for (const window of this.#changedWindows) written.push(...window.takeChanges())
    const forgotten = this.#forgotten
    this.#changedApps.clear()
    this.#changedWindows.clear()
    this.#forgotten = []
    if (next !== null) {
      this.#next = next
      written.push({ kind: 'position', next: String(next) })
    }
    return { written, forgotten }
  }

  #restore(record: RouterStateRecord): void {
    switch (record.kind) {
      case 'app': {
        const { appId, epoch, sequence, ended = 0 } = record
        this.#streams.set(appId, { epoch, sequence: BigInt(sequence), ended })
        return
      }
      case 'seen': {
        const company = { id: record.companyId, incarnation: record.incarnation ?? FIRST_INCARNATION }
        const window = this.window(company, record.producer)
        if (window.incarnation === company.incarnation) window.restore(record)
        // The chunk belongs to a former company, and was read after a chunk of the present one. (`window` forgets chunks of a former
        // company that were read earlier.)
        else this.#forgotten.push(record)
        return
      }
      case 'position':
        this.#next = BigInt(record.next)
    }
  }
}

const NO_STREAM: Stream = { epoch: 1, sequence: 0n, ended: 0 }

function appState(appId: string, { epoch, sequence, ended }: Stream): AppStreamState {
  const state = { kind: 'app' as const, appId, epoch, sequence: Number(sequence) }
  return ended === 0 ? state : { ...state, ended }
}
