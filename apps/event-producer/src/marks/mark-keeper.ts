import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Announcement } from '@hooklane/core/capture'
import type { CaptureGaps, CaptureMark, CaptureMarkUpdate, FoundGaps, ReadCaptureMark } from '@hooklane/postgres'
import { mergeGaps } from './merge-gaps.js'
import { ReadBackOffsets, type TopicOffsets } from './read-back-offsets.js'

/**
 * How often the mark follows, at most. Longer makes the next start read back more of the topic and keeps more log in Postgres; shorter
 * writes more.
 */
const MARK_INTERVAL_MS = 2_000
/**
 * How far the log must have gone on before the mark follows for that alone: where Hooklane's database lies on the captured server, each mark moves
 * the log itself. More keeps more log for a quiet source.
 */
const MARK_LOG_BYTES = 1024n * 1024n
/** For how long the last mark may hold up the end of the process. An older one is as safe. */
const LAST_MARK_LIMIT_MS = 2_000

/** Where marks are kept: `CaptureMarks`. */
export interface MarkStore {
  read(producer: string): Promise<ReadCaptureMark | null>
  claim(producer: string, owner: string, position: string): Promise<ReadCaptureMark>
  save(producer: string, owner: string, mark: CaptureMarkUpdate): Promise<void>
  noteGaps(producer: string, owner: string | null, found: FoundGaps): Promise<void>
}

export interface MarkKeeperOptions {
  readonly producer: string
  readonly store: MarkStore
  /** Offset of each partition of the topic that the next record will get. */
  readonly endOffsets: () => Promise<TopicOffsets>
  /** The mark could not follow. It stays where it is, which is safe, and is tried again. */
  readonly onFailure: (error: unknown) => void
}

/** An event's position and its transaction; null: nothing was published of that place, or the transaction is unknown. */
export interface MarkedPlace {
  readonly position: string
  readonly xid: string | null
}

/** What is noted of a source beside how far it is published. */
export type SourceNotes = Pick<
  CaptureMark,
  'tables' | 'log' | 'configuration' | 'catalogue' | 'announcements' | 'companies'
>

type SavedMark = CaptureMark & { readonly settledLsn: bigint }

export interface MarkStart {
  /** Up to which every event is in Kafka for sure. */
  readonly place: MarkedPlace
  /** Everything that was committed before here is published, or none of this source's. */
  readonly settledLsn: bigint
  readonly notes: SourceNotes
  /** The last position that may be in Kafka: a crash may have left it in some partitions only. */
  readonly enqueued: string
  /** Tables whose gaps are closed with it; default: none. */
  readonly closedGaps?: readonly string[]
}

/**
 * Keeps the durable mark of one producer: how far its events are in Kafka for sure, and what its source was like then. Kafka forgets events
 * after its retention; the mark is what a slot that lost changes is noticed by. It also bounds what is read back at a start.
 *
 * Postgres releases the log only up to what a saved mark says (`releasableLsn`): otherwise a slot that somebody moved on could not be told
 * from one that we released ourselves.
 *
 * Invariant: what is saved is never ahead of what Kafka has, and never goes back; only the process that claimed the mark last saves it.
 */
export class MarkKeeper {
  private readonly owner = randomUUID()
  private durable: MarkedPlace = { position: '', xid: null }
  /** The last position that may be in Kafka. */
  private enqueued = ''
  private settledLsn = 0n
  private notes: SourceNotes | null = null
  private offsets = new ReadBackOffsets()
  /** As it was last saved; null: nothing was saved by this process. */
  private saved: SavedMark | null = null
  /** As it stands in the row, if that is known. */
  private savedCatalogue: CaptureMark['catalogue'] | null = null
  private isClaimed = false
  private isFollowing = false
  private saving: Promise<void> = Promise.resolve()
  private lastRead: ReadCaptureMark | null = null
  private unsavedGaps: (FoundGaps & { readonly owner: string | null }) | null = null
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: MarkKeeperOptions) {
    this.timer = setInterval(() => void this.follow(), MARK_INTERVAL_MS)
    this.timer.unref()
  }

  /** How far the log may be released; null before anything was saved. */
  get releasableLsn(): bigint | null {
    return this.saved?.settledLsn ?? null
  }

  /** What the catalogue of the source said when it was last looked at. */
  get catalogue(): CaptureMark['catalogue'] {
    return this.notes?.catalogue ?? {}
  }

  /** What has to be published still, and will not be forgotten. */
  get savedAnnouncements(): readonly Announcement[] {
    return this.saved?.announcements ?? []
  }

  /** What has to be published still, as it stands now. */
  get announcements(): readonly Announcement[] {
    return this.notes?.announcements ?? []
  }

  get companies(): readonly string[] {
    return this.notes?.companies ?? []
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
    return { ...lastRead, gaps: mergeGaps(lastRead.gaps, unsavedGaps.gaps) }
  }

  /**
   * From now on only this process saves the mark. Call when nobody else reads the source any more.
   * @param position of the mark, if there is none yet
   * @returns the mark as it stands. While the database is away, what this process saved last: nobody else can have claimed it meanwhile without
   *   reading the source.
   * @throws when it could never be claimed
   */
  async claim(position: string): Promise<ReadCaptureMark> {
    const { store, producer } = this.options
    try {
      this.lastRead = await store.claim(producer, this.owner, position)
      this.isClaimed = true
      this.savedCatalogue = null
    } catch (error) {
      if (!this.isClaimed || !this.saved) throw error
      this.options.onFailure(error)
      return { ...this.saved, owner: this.owner, gaps: this.unsavedGaps?.gaps ?? new Map() }
    }
    return this.lastRead
  }

  /** Before anything is read under it: from now on a slot that is gone is noticed. @throws when it cannot be saved for the first time */
  async begin({ place, settledLsn, notes, enqueued, closedGaps = [] }: MarkStart): Promise<void> {
    this.enqueued = later(this.enqueued, enqueued)
    this.settledLsn = settledLsn
    if (place.position > this.durable.position) this.durable = place
    if (this.saved === null) this.offsets = new ReadBackOffsets(this.lastRead?.offsets)
    this.notes = notes
    // A database that is away keeps nobody from reading on under what is saved already.
    const isSaved = this.saved !== null && settledLsn >= this.saved.settledLsn && areNotesOf(this.saved, notes)
    if (!isSaved || closedGaps.length > 0) await this.save(closedGaps)
  }

  /** The event is about to be given to the publisher. */
  noteEnqueued(position: string): void {
    this.enqueued = later(this.enqueued, position)
  }

  /** All events up to here are in Kafka; these announcements are among them. */
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

  flush(): Promise<void> {
    return withinLimit(this.saveIfChanged())
  }

  /** Saves something else about the source, at once. @throws when it cannot be saved: nothing may be done under it then */
  async note(notes: Partial<SourceNotes>): Promise<void> {
    if (!this.notes) throw new Error(`the mark of ${this.options.producer} was not begun`)
    this.notes = { ...this.notes, ...notes }
    await this.save()
  }

  /** Notes that changes are missing: refused from now on, also when the database of marks is away at the moment. */
  async noteGaps(gaps: CaptureGaps, epoch: string): Promise<void> {
    const unsaved = this.unsavedGaps?.epoch === epoch ? this.unsavedGaps.gaps : new Map()
    this.unsavedGaps = { gaps: mergeGaps(unsaved, gaps), epoch, owner: this.lastRead?.owner ?? null }
    await this.saveGaps()
  }

  /** Saves what is durable, for a short while at most. Call when nothing is published any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }

  /** One step of the regular marking, also while the source is quiet: what others append to the topic need not be read back then. */
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

  /** Something else than the end of a log that others write. */
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

  /** One after the other: a save that was sent earlier must not arrive later. */
  private save(closedGaps: readonly string[] = []): Promise<void> {
    const saving = this.saving.then(async () => {
      const mark = this.current()
      const catalogue = mark.catalogue === this.savedCatalogue ? null : mark.catalogue
      await this.options.store.save(this.options.producer, this.owner, { ...mark, catalogue, closedGaps })
      this.saved = mark
      this.savedCatalogue = mark.catalogue
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

async function withinLimit(work: Promise<void>): Promise<void> {
  const limit = new AbortController()
  const elapsed = delay(LAST_MARK_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined)
  await Promise.race([work, elapsed])
  limit.abort()
}

const areNotesOf = (mark: CaptureMark, notes: SourceNotes): boolean => isDeepStrictEqual({ ...mark, ...notes }, mark)

const later = (a: string, b: string): string => (a > b ? a : b)
