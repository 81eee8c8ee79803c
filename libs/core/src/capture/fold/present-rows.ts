import type { Image, ImageStore } from '../spool/image-store.js'
import type { RowImage } from '../spool/row-image.js'

/**
 * The rows that took a key within a transaction and have not lost it again. There is at most one such row, except while a constraint is
 * deferred. Rows of equal content are interchangeable, because nothing tells them apart.
 *
 * Invariant: when `first` is null, `others` is null. So a row that is alone at its key is `first`.
 */
export class PresentRows {
  private first: Image | null = null
  /**
   * All rows but `first`, by the digest of their content. The digest makes the lookup fast: a transaction may give every row of a table the
   * same key, and each row is looked up when it leaves.
   */
  private others: Map<number, Image[]> | null = null

  get isEmpty(): boolean {
    return this.first === null
  }

  /** The row that entered last; null when there is none. */
  get last(): Image | null {
    return this.others === null ? this.first : ([...this.others.values()].at(-1)?.at(-1) ?? null)
  }

  /**
   * Whether there is more than one row. If so at the end of a transaction, an old row in the WAL did not match the row that had entered.
   */
  get hasSeveral(): boolean {
    return this.others !== null
  }

  add(image: Image, images: ImageStore): void {
    if (this.first === null) {
      this.first = image
      return
    }
    this.others ??= new Map()
    const digest = images.digestOf(image)
    const equal = this.others.get(digest)
    if (equal) equal.push(image)
    else this.others.set(digest, [image])
  }

  /**
   * Removes a row with the content of `row` and returns its image; null when no such row has entered.
   *
   * A row that entered before its table was altered cannot be compared with `row`. It is removed nevertheless: Postgres does not alter a
   * table while a deferred check of its keys is pending, so no other row had the key then.
   */
  take(row: RowImage, images: ImageStore): Image | null {
    const { first } = this
    if (first === null) return null
    const likeness = images.compare(first, row)
    if (likeness === 'same') return this.takeFirst()
    return this.takeOther(row, images) ?? (likeness === 'unknown' ? this.takeFirst() : null)
  }

  takeFirst(): Image | null {
    const { first } = this
    this.first = null
    const [entry] = this.others ?? []
    if (entry) this.first = this.takeEqual(entry[0], entry[1])
    return first
  }

  clear(): void {
    this.first = null
    this.others = null
  }

  replaceEach(replace: (image: Image) => Image): void {
    if (this.first !== null) this.first = replace(this.first)
    for (const equal of this.others?.values() ?? [])
      for (const [at, image] of equal.entries()) equal[at] = replace(image)
  }

  private takeOther(row: RowImage, images: ImageStore): Image | null {
    if (this.others === null) return null
    const digest = images.digestOf({ kind: 'row', ...row })
    const equal = this.others.get(digest)
    return equal ? this.takeEqual(digest, equal) : null
  }

  private takeEqual(digest: number, equal: Image[]): Image | null {
    const image = equal.pop() ?? null
    if (equal.length === 0) this.others?.delete(digest)
    if (this.others?.size === 0) this.others = null
    return image
  }
}
