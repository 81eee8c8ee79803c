import { setTimeout as delay } from 'node:timers/promises'
import type { CaptureMark, ReadCaptureMark } from '@hooklane/postgres'
import type { TableOids } from '@hooklane/replication'

/** How often the mark follows, at most. Longer makes the next start read back more of the topic; shorter writes more. */
const MARK_INTERVAL_MS = 5_000
/** What the last mark may hold up the end of the process. An older one is as safe. */
const LAST_MARK_LIMIT_MS = 2_000

/** Where marks are kept: `CaptureMarks`. */
export interface MarkStore {
  read(producer: string): Promise<ReadCaptureMark | null>
  save(producer: string, mark: CaptureMark): Promise<void>
  noteGaps(producer: string, epoch: string, gaps: ReadonlyMap<string, string>): Promise<void>
}

export interface MarkKeeperOptions {
  readonly producer: string
  readonly store: MarkStore
  /** Offset of each partition of the topic that the next record will get. */
  readonly endOffsets: () => Promise<ReadonlyMap<number, bigint>>
  /** Calls back when everything that was handed on so far is durable; throws when nothing is published any more. */
  readonly whenDurable: (onDurable: () => void) => void
  /** The mark could not follow. It stays where it is, which is safe, and is tried again. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Keeps the durable mark of one producer: how far its events are in Kafka for sure. Kafka forgets them after its retention; the mark is
 * what a lost slot is noticed by then. It also bounds what has to be read back at a start, by the offsets that it carries.
 *
 * Why the offsets are safe: they are asked first, and what is handed on by the time of the answer is noted after it. What has not been
 * handed on by then can only be appended behind the answer. The pair is used from the moment at which everything noted is durable, so
 * every event behind the mark's position stands at its offsets or behind them. Older offsets with a later position are safe as well.
 *
 * Invariant: `durable` ≤ `handed`; what is saved is `durable` with `offsets`, and never goes back.
 */
export class MarkKeeper {
  private handed = ''
  private durable = ''
  private saved = ''
  private offsets: ReadonlyMap<number, bigint> = new Map()
  private tables: TableOids = new Map()
  private isFollowing = false
  private lastRead: ReadCaptureMark | null = null
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
    try {
      this.lastRead = await store.read(producer)
    } catch (error) {
      if (!this.lastRead) throw error
      this.options.onFailure(error)
    }
    return this.lastRead
  }

  /** Before anything is read under it: from now on a slot that is gone is noticed. Nothing to do when it says so already. */
  async begin(position: string, tables: TableOids): Promise<void> {
    const isKnown = position <= this.saved && sameTables(tables, this.tables)
    if (isKnown) return
    this.offsets = this.lastRead?.offsets ?? this.offsets
    this.tables = tables
    this.durable = later(this.durable, position)
    await this.save()
  }

  /** The event is about to be handed to the publisher. */
  handOn(position: string): void {
    this.handed = position
  }

  /** All events up to here are in Kafka. */
  settle(position: string): void {
    this.durable = later(this.durable, position)
  }

  async noteGaps(gaps: ReadonlyMap<string, string>, epoch: string): Promise<void> {
    try {
      await this.options.store.noteGaps(this.options.producer, epoch, gaps)
    } catch (error) {
      this.options.onFailure(error)
    }
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
    if (this.isFollowing || this.saved === '' || this.handed <= this.saved) return
    this.isFollowing = true
    try {
      const offsets = await this.options.endOffsets()
      await new Promise<void>((resolve) => this.options.whenDurable(resolve))
      this.offsets = offsets
    } catch (error) {
      this.options.onFailure(error)
    }
    await this.saveIfNew()
    this.isFollowing = false
  }

  private async saveIfNew(): Promise<void> {
    if (this.saved === '' || this.durable <= this.saved) return
    try {
      await this.save()
    } catch (error) {
      this.options.onFailure(error)
    }
  }

  private async save(): Promise<void> {
    const { durable: position, offsets, tables } = this
    await this.options.store.save(this.options.producer, { position, offsets, tables })
    this.saved = later(this.saved, position)
  }
}

const later = (a: string, b: string): string => (a > b ? a : b)

const sameTables = (a: TableOids, b: TableOids): boolean =>
  a.size === b.size && [...a].every(([name, oid]) => b.get(name) === oid)
