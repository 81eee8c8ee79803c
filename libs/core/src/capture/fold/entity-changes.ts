import type { RowReader } from '../entity/row-reader.js'
import type { Departure, EventPlace } from '../event/build-event.js'
import type { Image, ImageStore } from '../spool/image-store.js'
import type { RowImage } from '../spool/row-image.js'
import { PresentRows } from './present-rows.js'

/**
 * What is remembered of one entity while its transaction is read. A row *enters* an entity when it takes the entity's key, and *leaves* the
 * entity when it loses that key or is deleted.
 */
export interface EntityEntry {
  readonly reader: RowReader
  /** Place of the entity's first row change. */
  readonly place: EventPlace
  /** The row that left without having entered in this transaction: the entity's state before the transaction. Null: no such row. */
  initial: Image | null
  /** The rows that entered and have not left. */
  readonly present: PresentRows
  /** The last row that left; null if a row has entered since. */
  gone: Image | null
  /**
   * Version and actor in the new values of the last row that left: the row is soft-deleted now, or outside `when`. Null when it was deleted
   * or took another key.
   */
  departure: Departure | null
}

/** An entity before and after its transaction; null where it did not exist. */
export interface EntityOutcome {
  readonly before: Image | null
  readonly after: Image | null
  /** The entity's last state in the transaction. */
  readonly last: Image | null
}

/**
 * Folds row changes per entity. An entity is a key, not a physical row: a row that takes another key leaves one entity and enters another.
 * Entries keep the order in which their entities were first touched.
 *
 * Under a deferred constraint several rows may have the same key until the commit, and a change does not say which of these rows it
 * changes. So only the net effect on the key counts: the rows that entered minus the rows that left. Under REPLICA IDENTITY FULL the WAL
 * holds the whole old row of a change. The old row had the key, so it either entered earlier in the transaction or existed before the
 * transaction. At the commit a key has at most one row again. So at most one row entered without leaving (the entity after the
 * transaction), and at most one row left without having entered (the entity before the transaction). When there is neither, the transaction
 * did not change the entity.
 *
 * Invariant: a row that leaves becomes `initial` only if `present` holds no row of the same content. Otherwise it is taken from `present`.
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

  /** A row enters the entity. */
  enter(entry: EntityEntry, after: RowImage): void {
    entry.present.add(this.images.keep(after), this.images)
    entry.gone = null
  }

  /** A row leaves the entity. See `EntityEntry.departure`. */
  leave(entry: EntityEntry, before: RowImage, departure: Departure | null): void {
    entry.gone = this.remove(entry, before)
    entry.departure = departure
  }

  /** A row of the entity gets other values. */
  replace(entry: EntityEntry, before: RowImage, after: RowImage): void {
    this.remove(entry, before)
    this.enter(entry, after)
  }

  /** A table was truncated: every row that entered an entity of the table leaves it. */
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
    // A key had at most one row before the transaction, and `initial` is that row. So this row entered in the transaction, and its values
    // changed later without being logged (for example, an enum label was renamed).
    else entry.present.takeFirst()
    return image
  }
}

/** The states of an entity before and after its transaction. */
export function outcomeOf({ initial, present, gone }: EntityEntry): EntityOutcome {
  const after = present.last
  // Two rows cannot have the same key at the commit. So the row kept as `initial` had entered in the transaction, and its values changed
  // without being logged.
  const before = present.hasSeveral ? null : initial
  return { before, after, last: after ?? gone }
}
