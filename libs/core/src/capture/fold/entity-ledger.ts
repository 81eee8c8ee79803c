import type { RowReader } from '../entity/row-reader.js'
import type { Departure, EventPlace } from '../event/build-event.js'
import type { Relation, Row } from '../row-change.js'
import type { Image, ImageStore } from '../spool/image-store.js'

/** What is remembered of one entity while its transaction is read. */
export interface EntityEntry {
  readonly reader: RowReader
  /** Of the entity's first row change. */
  readonly place: EventPlace
  /** Its row before the transaction; null when it was not there. */
  initial: Image | null
  /** Its row now, or the last one it had. */
  latest: Image
  /**
   * How many rows are this entity now: 0 when it is gone. Two for a moment when keys are exchanged under a deferred constraint: one row
   * takes the key before the other gives it up.
   */
  rows: number
  /** What its row said when it was last softly deleted; null when the row itself went, or took another key. */
  departure: Departure | null
}

/** A row of the log with the shape it had. */
export interface RowImage {
  readonly relation: Relation
  readonly row: Row
}

/**
 * Folds row changes per entity. An entity is a key, not a physical row: a row that takes another key leaves one entity and enters
 * another, and whatever happens in between, only two states count: the row before the transaction and the row after it. Entries keep
 * the order in which their entities were first touched.
 *
 * Invariant: `initial` is decided by the first change that speaks of the row before the transaction. That is mostly the first change;
 * under a deferred constraint another row may have entered before. It is recognised by its content, which is not that of `latest`.
 */
export class EntityLedger {
  private readonly byIdentity = new Map<string, EntityEntry>()

  constructor(private readonly images: ImageStore) {}

  entries(): Iterable<EntityEntry> {
    return this.byIdentity.values()
  }

  /** A row becomes the entity. */
  enter(identity: string, reader: RowReader, place: EventPlace, after: RowImage): void {
    const image = this.images.keep(after.relation, after.row)
    const entry = this.byIdentity.get(identity)
    if (entry) {
      entry.latest = image
      entry.rows++
    } else {
      this.byIdentity.set(identity, { reader, place, initial: null, latest: image, rows: 1, departure: null })
    }
  }

  /** A row stops being the entity. `departure` tells what it says from now on, if it still stands. */
  leave(identity: string, reader: RowReader, place: EventPlace, before: RowImage, departure: Departure | null): void {
    const entry = this.byIdentity.get(identity)
    if (!entry) {
      const image = this.images.keep(before.relation, before.row)
      this.byIdentity.set(identity, { reader, place, initial: image, latest: image, rows: 0, departure })
      return
    }
    if (this.isDisplaced(entry, before) && entry.initial === null && entry.rows === 1) {
      entry.initial = this.images.keep(before.relation, before.row)
      return
    }
    entry.rows = Math.max(0, entry.rows - 1)
    entry.departure = departure
  }

  /** The entity's row takes other values. */
  replace(identity: string, reader: RowReader, place: EventPlace, change: { before: RowImage; after: RowImage }): void {
    const { before, after } = change
    const entry = this.byIdentity.get(identity)
    if (!entry) {
      const initial = this.images.keep(before.relation, before.row)
      const latest = this.images.keep(after.relation, after.row)
      this.byIdentity.set(identity, { reader, place, initial, latest, rows: 1, departure: null })
    } else if (this.isDisplaced(entry, before) && entry.initial === null && entry.rows === 1) {
      entry.initial = this.images.keep(before.relation, before.row)
      entry.rows++
    } else {
      entry.latest = this.images.keep(after.relation, after.row)
      entry.rows = Math.max(1, entry.rows)
    }
  }

  /** Every known row of a table is gone. */
  clear(reader: RowReader): void {
    for (const entry of this.byIdentity.values()) {
      if (entry.reader !== reader) continue
      entry.rows = 0
      entry.departure = null
    }
  }

  /** Moves every image into the spool. */
  spill(): void {
    this.images.startSpooling()
    for (const entry of this.byIdentity.values()) {
      const { initial } = entry
      const isShared = initial === entry.latest
      entry.latest = this.images.moved(entry.latest)
      if (initial) entry.initial = isShared ? entry.latest : this.images.moved(initial)
    }
  }

  /** Whether a change speaks of another row than the one that is the entity now. */
  private isDisplaced(entry: EntityEntry, before: RowImage): boolean {
    return entry.rows > 0 && !this.images.isOf(entry.latest, before.relation, before.row)
  }
}
