import { setTimeout as delay } from 'node:timers/promises'
import type { CaptureGaps, CaptureMark, ReadCaptureMark } from '@hooklane/postgres'
import type { TableOids } from '@hooklane/replication'

/** How often the mark follows, at most. Longer makes the next start read back more of the topic; shorter writes more. */
const MARK_INTERVAL_MS = 5_000
/** What the last mark may hold up the end of the process. An older one is as safe. */
const LAST_MARK_LIMIT_MS = 2_000

/** Where marks are kept: `CaptureMarks`. */
export interface MarkStore {
  read(producer: string): Promise<ReadCaptureMark | null>
  save(producer: string, mark: CaptureMark): Promise<void>
  noteGaps(producer: string, epoch: string, gaps: CaptureGaps): Promise<void>
}

export interface MarkKeeperOptions {
  readonly producer: string
  readonly store: MarkStore
  /** Offset of each partition of the topic that the next record will get. */
  readonly endOffsets: () => Promise<ReadonlyMap<number, bigint>>
  /** The mark could not follow. It stays where it is, which is safe, and is tried again. */
  readonly onFailure: (error: unknown) => void
}

/** An event's position and its transaction; null: nothing was published of that place, or the transaction is unknown. */
export interface MarkedPlace {
  readonly position: string
  readonly xid: string | null
}

/** Offsets that go with every mark from `enqueued` on. */
interface OffsetsAhead {
  readonly offsets: ReadonlyMap<number, bigint>
  readonly enqueued: string
}

/**
 * Keeps the durable mark of one producer: how far its events are in Kafka for sure. Kafka forgets them after its retention; the mark is
 * what a lost slot is noticed by then. It also bounds what has to be read back at a start, by the offsets that it carries.
 *
 * Why the offsets are safe: what was not enqueued by the time of their answer, by this process or one before it, can only be appended
 * behind them. So they are used once the mark has come to everything that was: then every event behind the mark's position stands at
 * its offsets or behind them. Until then the older ones stay, which are safe with any later position.
 *
 * Invariant: what is saved is `durable` with `offsets`, and never goes back; `durable` moves only by what Kafka has, never by what is
 * enqueued; `ahead` null ⇔ no offsets wait for the mark to come to them.
 */
export class MarkKeeper {
  /** The last position that may be in Kafka. */
  private enqueued = ''
  private durable: MarkedPlace = { position: '', xid: null }
  private saved = ''
  private offsets: ReadonlyMap<number, bigint> = new Map()
  private ahead: OffsetsAhead | null = null
  private tables: TableOids = new Map()
  private isFollowing = false
  private lastRead: ReadCaptureMark | null = null
  private unsavedGaps: { readonly gaps: CaptureGaps; readonly epoch: string } | null = null
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: MarkKeeperOptions) {
    this.timer = setInterval(() => void this.follow(), MARK_INTERVAL_MS)
    this.timer.unref()
  }

  /**
   * The mark as it stands; the one that was read before when the database is away meanwhile.
   * @throws when it could never be read
   */
  async read(): Promise<ReadCaptureMark | null> {
    const { store, producer } = this.options
    await this.saveGaps()
    try {
      this.lastRead = await store.read(producer)
    } catch (error) {
      if (!this.lastRead) throw error
      this.options.onFailure(error)
    }
    const { lastRead, unsavedGaps } = this
    if (!lastRead || !unsavedGaps) return lastRead
    return { ...lastRead, gaps: new Map([...unsavedGaps.gaps, ...lastRead.gaps]) }
  }

  /**
   * Before anything is read under it: from now on a slot that is gone is noticed. Nothing to do when it says so already.
   *
   * @param place up to which every event is in Kafka for sure
   * @param enqueued the last position that may be in Kafka: a crash may have left it in some partitions only
   */
  async begin(place: MarkedPlace, tables: TableOids, enqueued: string): Promise<void> {
    this.enqueued = later(this.enqueued, enqueued)
    const isKnown = place.position <= this.saved && sameTables(tables, this.tables)
    if (isKnown) return
    this.offsets = this.lastRead?.offsets ?? this.offsets
    this.tables = tables
    if (place.position > this.durable.position) this.durable = place
    await this.save()
  }

  /** The event is about to be enqueued to the publisher. */
  noteEnqueued(position: string): void {
    this.enqueued = later(this.enqueued, position)
  }

  /** All events up to here are in Kafka. */
  settle(place: MarkedPlace): void {
    if (place.position > this.durable.position) this.durable = place
    this.comeToOffsets()
  }

  /** Notes that changes are missing: refused from now on, also when the database of marks is away at the moment. */
  async noteGaps(gaps: CaptureGaps, epoch: string): Promise<void> {
    this.unsavedGaps = { gaps, epoch }
    await this.saveGaps()
  }

  /** Saves what is durable, for a short while at most. Call when nothing is published any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer)
    const limit = new AbortController()
    const elapsed = delay(LAST_MARK_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined)
    await Promise.race([this.saveIfNew(), elapsed])
    limit.abort()
  }

  /** One step of the regular marking. */
  async follow(): Promise<void> {
    if (this.isFollowing || this.saved === '' || this.enqueued <= this.saved) return
    this.isFollowing = true
    try {
      // Those that wait come first: a source that never rests would move them on for ever.
      if (!this.ahead) {
        const offsets = await this.options.endOffsets()
        this.ahead = { offsets, enqueued: this.enqueued }
        this.comeToOffsets()
      }
    } catch (error) {
      this.options.onFailure(error)
    }
    await this.saveIfNew()
    this.isFollowing = false
  }

  private async saveGaps(): Promise<void> {
    const { unsavedGaps } = this
    if (!unsavedGaps) return
    try {
      await this.options.store.noteGaps(this.options.producer, unsavedGaps.epoch, unsavedGaps.gaps)
      this.unsavedGaps = null
    } catch (error) {
      this.options.onFailure(error)
    }
  }

  private comeToOffsets(): void {
    if (!this.ahead || this.ahead.enqueued > this.durable.position) return
    this.offsets = this.ahead.offsets
    this.ahead = null
  }

  private async saveIfNew(): Promise<void> {
    if (this.saved === '' || this.durable.position <= this.saved) return
    try {
      await this.save()
    } catch (error) {
      this.options.onFailure(error)
    }
  }

  private async save(): Promise<void> {
    const { durable, offsets, tables } = this
    await this.options.store.save(this.options.producer, { ...durable, offsets, tables })
    this.saved = later(this.saved, durable.position)
  }
}

const later = (a: string, b: string): string => (a > b ? a : b)

const sameTables = (a: TableOids, b: TableOids): boolean =>
  a.size === b.size && [...a].every(([name, oid]) => b.get(name) === oid)
