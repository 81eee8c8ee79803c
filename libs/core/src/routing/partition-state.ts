import type { RouterStateRecord } from '@hooklane/contracts'
import { SeenWindow } from './seen-window.js'
import type { StreamPlace } from './splice-order.js'

/**
 * The router's memory of one partition of `events`: the last sequence of every app, the window of every producer, and the next offset.
 * A company's events lie in one partition, so each app and each window belongs to exactly one of these.
 *
 * It changes while a batch is routed, before the batch is committed. Invariant: when a transaction did not certainly succeed, the
 * whole state is thrown away and restored from `router.state`; it is never repaired.
 * Size: below 100 bytes per app that ever got a delivery, and the windows (see `SeenWindow`).
 */
export class PartitionState {
  readonly #chunks: number
  readonly #streams = new Map<string, StreamPlace>()
  readonly #windows = new Map<string, SeenWindow>()
  readonly #changedApps = new Set<string>()
  readonly #changedWindows = new Set<SeenWindow>()
  #next: bigint | null = null

  /** @param chunks ring size of the windows, part of the records' keys */
  constructor(chunks: number) {
    this.#chunks = chunks
  }

  /** From the newest record of each key, in any order. */
  static restored(records: Iterable<RouterStateRecord>, chunks: number): PartitionState {
    const state = new PartitionState(chunks)
    for (const record of records) state.#restore(record)
    return state
  }

  /** Offset of the next event as of the last commit; null when nothing was ever routed. */
  get committedNext(): bigint | null {
    return this.#next
  }

  window(companyId: string, producer: string): SeenWindow {
    // Neither part holds a blank.
    const key = `${companyId} ${producer}`
    let window = this.#windows.get(key)
    if (!window) this.#windows.set(key, (window = new SeenWindow(companyId, producer, this.#chunks)))
    return window
  }

  remember(
    companyId: string,
    producer: string,
    event: { readonly id: string; readonly position: string | null },
  ): void {
    const window = this.window(companyId, producer)
    window.remember(event.id, event.position)
    this.#changedWindows.add(window)
  }

  /** Gives the app its next number: 1, 2, 3 … */
  nextPlace(appId: string): StreamPlace {
    const last = this.#streams.get(appId)
    const place: StreamPlace = { epoch: last?.epoch ?? FIRST_EPOCH, sequence: (last?.sequence ?? 0n) + 1n }
    this.#streams.set(appId, place)
    this.#changedApps.add(appId)
    return place
  }

  /** The records whose content changed since the last call, and the position: what the batch's transaction must write. */
  takeChanges(next: bigint): RouterStateRecord[] {
    const records: RouterStateRecord[] = []
    for (const appId of this.#changedApps) {
      const place = this.#streams.get(appId)
      if (place) records.push({ kind: 'app', appId, epoch: place.epoch, sequence: Number(place.sequence) })
    }
    for (const window of this.#changedWindows) records.push(...window.takeChanges())
    this.#changedApps.clear()
    this.#changedWindows.clear()
    this.#next = next
    records.push({ kind: 'position', next: String(next) })
    return records
  }

  #restore(record: RouterStateRecord): void {
    switch (record.kind) {
      case 'app':
        this.#streams.set(record.appId, { epoch: record.epoch, sequence: BigInt(record.sequence) })
        return
      case 'seen':
        this.window(record.companyId, record.producer).restore(record)
        return
      case 'position':
        this.#next = BigInt(record.next)
    }
  }
}

/** Raised only when streams are re-based after a restored backup. */
const FIRST_EPOCH = 1
