import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Announcement } from '@hooklane/core/capture'
import { endsWithin, every, processTimers, type Clock } from '@hooklane/core/kernel'
import type { CaptureGaps, CaptureMark, CaptureMarkUpdate, FoundGaps, ReadCaptureMark } from '@hooklane/postgres'
import { mergeGaps } from './merge-gaps.js'
import { ReadBackOffsets, type TopicOffsets } from './read-back-offsets.js'

/**
 * Time between two regular saves of the mark (see `MarkKeeper`). Too high: the next start reads back more of the topic, and Postgres keeps
 * more WAL. Too low: more writes.
 */
const MARK_INTERVAL_MS = 2_000
/**
 * If nothing but the WAL position has changed, the mark is saved only when the WAL has advanced by this many bytes. Too low: if Hooklane's
 * database is on the captured server, each save advances the WAL and so causes the next save. Too high: Postgres keeps more WAL of a quiet
 * source.
 */
const MARK_LOG_BYTES = 1024n * 1024n
/** How long saving the last mark may delay the end of the process. If this save fails, the older mark is safe, too. */
const LAST_MARK_LIMIT_MS = 2_000

/** Stores marks. `CaptureMarks` implements it. */
export interface MarkStore {
  read(producer: string): Promise<ReadCaptureMark | null>
  claim(producer: string, owner: string, position: string): Promise<ReadCaptureMark>
  save(producer: string, owner: string, mark: CaptureMarkUpdate): Promise<void>
  noteGaps(producer: string, owner: string | null, found: FoundGaps): Promise<void>
}

export interface MarkKeeperOptions {
  readonly producer: string
  readonly store: MarkStore
  /** For the regular saves. */
  readonly timers: Pick<Clock, 'after'>
  /** For each partition of the topic, the offset that the next record will get. */
  readonly endOffsets: () => Promise<TopicOffsets>
  /**
   * Called when Hooklane's database or the topic could not be read or written. The mark then stays where it is, which is safe, and the next
   * regular save tries again.
   */
  readonly onFailure: (error: unknown) => void
}

/** The position of an event, and the id of its transaction: null if no event has this position, or if the transaction is unknown. */
export interface MarkedPlace {
  readonly position: string
  readonly xid: string | null
}

/** The parts of a mark that describe the source, and not how far its events are published. */
export type SourceNotes = Pick<
  CaptureMark,
  'tables' | 'log' | 'configuration' | 'catalogue' | 'announcements' | 'companies'
>

type SavedMark = CaptureMark & { readonly settledLsn: bigint }

export interface MarkStart {
  /** Every event up to here is certain to be in Kafka. */
  readonly place: MarkedPlace
  /** Every change that was committed before this LSN is published, or does not belong to this source. */
  readonly settledLsn: bigint
  readonly notes: SourceNotes
  /** The last position whose events may be in Kafka; after a crash, perhaps in some partitions only. */
  readonly enqueued: string
  /** Tables whose noted gaps are closed by the same save. Default: none. */
  readonly closedGaps?: readonly string[]
}

/**
 * Keeps the mark of one producer: a database row that says how far its events are certain to be in Kafka, and what its source was like
 * then. Kafka deletes events after its retention, so only the mark shows that a slot has lost changes (a gap). The mark also limits how
 * much of the topic is read back at a start.
 *
 * Postgres may release the WAL only up to the LSN of a saved mark (`releasableLsn`). Otherwise we could not tell whether we or somebody
 * else has advanced the slot.
 *
 * Invariant: the saved mark is never ahead of Kafka and never goes back. Only the process that claimed the mark last saves it.
 */
export class MarkKeeper {
  private readonly owner = randomUUID()
  private durable: MarkedPlace = { position: '', xid: null }
  /** The last position that may be in Kafka. */
  private enqueued = ''
  private settledLsn = 0n
  private notes: SourceNotes | null = null
  private offsets = new ReadBackOffsets()
  /** The mark as this process last saved it; null: it has saved none. */
  private saved: SavedMark | null = null
  /** The large parts of the mark as the database row holds them; null: unknown. */
  private savedLarge: Pick<CaptureMark, 'catalogue' | 'companies'> | null = null
  private isClaimed = false
  private isFollowing = false
  private saving: Promise<void> = Promise.resolve()
  private lastRead: ReadCaptureMark | null = null
  private unsavedGaps: (FoundGaps & { readonly owner: string | null }) | null = null
  private readonly stopFollowing: () => void

  constructor(private readonly options: MarkKeeperOptions) {
    this.stopFollowing = every(options.timers, MARK_INTERVAL_MS, () => void this.follow())
  }

  /** How far the WAL may be released; null before the first save. */
  get releasableLsn(): bigint | null {
    return this.saved?.settledLsn ?? null
  }

  /** The catalogue of the source's database as it was last read. */
  get catalogue(): CaptureMark['catalogue'] {
    return this.notes?.catalogue ?? {}
  }

  /** Saved announcements (events of Hooklane itself) that still have to be published. */
  get savedAnnouncements(): readonly Announcement[] {
    return this.saved?.announcements ?? []
  }

  /** Announcements that still have to be published, including those that are not saved yet. */
  get announcements(): readonly Announcement[] {
    return this.notes?.announcements ?? []
  }

  get companies(): readonly string[] {
    return this.notes?.companies ?? []
  }

  /**
   * Reads the mark. While the database is unreachable, returns the one that was read before.
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
    return { ...lastRead, gaps: mergeGaps(lastRead.gaps, unsavedGaps.gaps) }
  }

  /**
   * Claims the mark: from now on only this process saves it. Call when no other process reads the source any more.
   * @param position the position of the new mark, if there is none yet
   * @returns the current mark. While the database is unreachable: the mark that this process saved last. Another process can have claimed
   *   the mark meanwhile only if it has read the source.
   * @throws when it could never be claimed
   */
  async claim(position: string): Promise<ReadCaptureMark> {
    const { store, producer } = this.options
    try {
      this.lastRead = await store.claim(producer, this.owner, position)
      this.isClaimed = true
      this.savedLarge = null
    } catch (error) {
      if (!this.isClaimed || !this.saved) throw error
      this.options.onFailure(error)
      return { ...this.saved, owner: this.owner, gaps: this.unsavedGaps?.gaps ?? new Map() }
    }
    return this.lastRead
  }

  /**
   * Call before reading from the slot: from now on, the saved mark shows a loss of the slot.
   * @throws when the mark cannot be saved for the first time
   */
  async begin({ place, settledLsn, notes, enqueued, closedGaps = [] }: MarkStart): Promise<void> {
    this.enqueued = later(this.enqueued, enqueued)
    this.settledLsn = settledLsn
    if (place.position > this.durable.position) this.durable = place
    if (this.saved === null) this.offsets = new ReadBackOffsets(this.lastRead?.offsets)
    this.notes = notes
    // If the saved mark is still right, no save is needed, so that reading can go on while the database is unreachable.
    const isSaved = this.saved !== null && settledLsn >= this.saved.settledLsn && areNotesOf(this.saved, notes)
    if (!isSaved || closedGaps.length > 0) await this.save(closedGaps)
  }

  /** Call before the event is given to the publisher. */
  noteEnqueued(position: string): void {
    this.enqueued = later(this.enqueued, position)
  }

  /** Notes that all events up to `place` are in Kafka, among them the announcements with the ids `published`. */
  settle(place: MarkedPlace, published: readonly string[] = []): void {
    if (place.position > this.durable.position) this.durable = place
    if (this.notes && published.length > 0) {
      const announcements = this.notes.announcements.filter(({ id }) => !published.includes(id))
      this.notes = { ...this.notes, announcements }
    }
    this.offsets.reached(this.durable.position)
  }

  offer(settledLsn: bigint): void {
    if (settledLsn > this.settledLsn) this.settledLsn = settledLsn
  }

  async flush(): Promise<void> {
    await endsWithin(processTimers, this.saveIfChanged(), { limitMs: LAST_MARK_LIMIT_MS })
  }

  /** Saves other notes about the source at once. @throws when they cannot be saved: then the caller must not rely on them */
  async note(notes: Partial<SourceNotes>): Promise<void> {
    if (!this.notes) throw new Error(`the mark of ${this.options.producer} was not begun`)
    this.notes = { ...this.notes, ...notes }
    await this.save()
  }

  /** Notes gaps. From now on `read` returns them, so that the source is refused, even if the database of marks cannot be reached now. */
  async noteGaps(gaps: CaptureGaps, epoch: string): Promise<void> {
    const unsaved = this.unsavedGaps?.epoch === epoch ? this.unsavedGaps.gaps : new Map()
    this.unsavedGaps = { gaps: mergeGaps(unsaved, gaps), epoch, owner: this.lastRead?.owner ?? null }
    await this.saveGaps()
  }

  /** Saves the mark for the last time, within a short time limit. Call when nothing is published any more. */
  async stop(): Promise<void> {
    this.stopFollowing()
    await this.flush()
  }

  /** One regular save. It advances the mark of a quiet source, too: the next start then reads back fewer records of other producers. */
  async follow(): Promise<void> {
    if (this.isFollowing || this.saved === null) return
    this.isFollowing = true
    try {
      if (!this.offsets.isWaiting) {
        const offsets = await this.options.endOffsets()
        this.offsets.take(offsets, this.enqueued, this.durable.position)
      }
    } catch (error) {
      this.options.onFailure(error)
    }
    if (this.hasNews()) await this.saveIfChanged()
    this.isFollowing = false
  }

  private async saveGaps(): Promise<void> {
    const { unsavedGaps } = this
    if (!unsavedGaps) return
    try {
      await this.options.store.noteGaps(this.options.producer, unsavedGaps.owner, unsavedGaps)
      if (this.unsavedGaps === unsavedGaps) this.unsavedGaps = null
    } catch (error) {
      this.options.onFailure(error)
    }
  }

  /** Whether there is anything to save. An advance of the WAL alone counts only if it is large, because others advance the WAL, too. */
  private hasNews(): boolean {
    const { saved } = this
    if (saved === null || this.settledLsn - saved.settledLsn >= MARK_LOG_BYTES) return true
    return !isDeepStrictEqual({ ...this.current(), settledLsn: saved.settledLsn }, saved)
  }

  private async saveIfChanged(): Promise<void> {
    if (this.saved === null || isDeepStrictEqual(this.saved, this.current())) return
    try {
      await this.save()
    } catch (error) {
      this.options.onFailure(error)
    }
  }

  /** Saves run one after the other: an earlier save must not arrive after a later one. */
  private save(closedGaps: readonly string[] = []): Promise<void> {
    const saving = this.saving.then(async () => {
      const mark = this.current()
      const catalogue = mark.catalogue === this.savedLarge?.catalogue ? null : mark.catalogue
      const companies = mark.companies === this.savedLarge?.companies ? null : mark.companies
      await this.options.store.save(this.options.producer, this.owner, { ...mark, catalogue, companies, closedGaps })
      this.saved = mark
      this.savedLarge = mark
    })
    this.saving = saving.catch(() => undefined)
    return saving
  }

  private current(): SavedMark {
    const { durable, offsets, settledLsn, notes } = this
    if (!notes) throw new Error(`the mark of ${this.options.producer} was not begun`)
    return { ...durable, ...notes, offsets: offsets.current, settledLsn }
  }
}

const areNotesOf = (mark: CaptureMark, notes: SourceNotes): boolean => isDeepStrictEqual({ ...mark, ...notes }, mark)

const later = (a: string, b: string): string => (a > b ? a : b)
