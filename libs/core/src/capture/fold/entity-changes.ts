import type { RowReader } from '../entity/row-reader.js'
import type { Departure, EventPlace } from '../event/build-event.js'
import type { Image, ImageStore } from '../spool/image-store.js'
import type { RowImage } from '../spool/row-image.js'
import { PresentRows } from './present-rows.js'

/** What is remembered of one entity while its transaction is read. */
export interface EntityEntry {
  readonly reader: RowReader
  /** Place of the entity's first row change. */
  readonly place: EventPlace
  /** The row that left without having entered in this transaction: the entity before it. */
  initial: Image | null
  /** Rows that entered and have not left. */
  readonly present: PresentRows
  /** The last row that left; null once another one entered. */
  gone: Image | null
  /** Version and actor with which the last row left; null when the row was deleted, or took another key. */
  departure: Departure | null
}

/** An entity before and after its transaction; null where it did not exist. */
export interface EntityOutcome {
  readonly before: Image | null
  readonly after: Image | null
  /** Its last state in the transaction. */
  readonly last: Image | null
}

/**
 * Folds row changes per entity. An entity is a key, not a physical row: a row that takes another key leaves one entity and enters
 * another. Entries keep the order in which their entities were first touched.
 *
 * Under a deferred constraint several rows may have one key until the commit, and a change does not say which of them it changes. What
 * counts is the net effect on the key: the rows that entered less those that left. Under REPLICA IDENTITY FULL the WAL holds the whole old
 * row. It had the key, so it either entered earlier in the transaction or existed before it. At the commit a key has at most one row again.
 * So at most one row is left that entered and did not leave (the entity after the transaction), and at most one that left and had not
 * entered (the entity before it). When neither is left, the key has the row that it had before, or none as before.
 *
 * Invariant: a row that leaves is taken from `present` if a row of the same content is there; only otherwise it becomes `initial`.
 */
export class EntityChanges {
  private readonly byIdentity = new Map<string, EntityEntry>()

  constructor(private readonly images: ImageStore) {}

  entries(): Iterable<EntityEntry> {
    return this.byIdentity.values()
  }

  /** The entry of an entity. It keeps the reader and the place of the entity's first row change. */
  entryOf(identity: string, reader: RowReader, place: EventPlace): EntityEntry {
    let entry = this.byIdentity.get(identity)
    if (!entry) {
      entry = { reader, place, initial: null, present: new PresentRows(), gone: null, departure: null }
      this.byIdentity.set(identity, entry)
    }
    return entry
  }

  /** A row becomes the entity. */
  enter(entry: EntityEntry, after: RowImage): void {
    entry.present.add(this.images.keep(after), this.images)
    entry.gone = null
  }

  /** A row stops being the entity. `departure` is what the row says from now on, if it still exists. */
  leave(entry: EntityEntry, before: RowImage, departure: Departure | null): void {
    entry.gone = this.remove(entry, before)
    entry.departure = departure
  }

  /** A row of the entity takes other values. */
  replace(entry: EntityEntry, before: RowImage, after: RowImage): void {
    this.remove(entry, before)
    this.enter(entry, after)
  }

  /** Every known row of a table is gone. */
  clear(reader: RowReader): void {
    for (const entry of this.byIdentity.values()) {
      if (entry.reader !== reader || entry.present.isEmpty) continue
      entry.gone = entry.present.last
      entry.departure = null
      entry.present.clear()
    }
  }

  /** Moves every image into the spool. */
  spill(): void {
    this.images.startSpooling()
    for (const entry of this.byIdentity.values()) {
      const { initial, gone } = entry
      if (initial) entry.initial = this.images.moved(initial)
      if (gone) entry.gone = gone === initial ? entry.initial : this.images.moved(gone)
      entry.present.replaceEach((image) => this.images.moved(image))
    }
  }

  private remove(entry: EntityEntry, before: RowImage): Image {
    const present = entry.present.take(before, this.images)
    if (present) return present
    const image = this.images.keep(before)
    if (entry.initial === null) entry.initial = image
    // Two rows cannot be from before. So this one entered, and its values changed without being logged (the labels of an enum, say).
    else entry.present.takeFirst()
    return image
  }
}

/** What became of an entity. */
export function outcomeOf({ initial, present, gone }: EntityEntry): EntityOutcome {
  const after = present.last
  // Two rows cannot have the key at the commit. So the one taken for `initial` had entered, and its values changed without being logged.
  const before = present.hasSeveral ? null : initial
  return { before, after, last: after ?? gone }
}
