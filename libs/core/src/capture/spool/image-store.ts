import { createHash } from 'node:crypto'
import type { Relation, Row } from '../row-change.js'
import type { RowImage } from './row-image.js'
import { encodeRow, decodeRow } from './row-codec.js'
import type { SpoolFile } from './spool-file.js'
import { SpoolReader } from './spool-reader.js'

/** One state of a row that may be needed later, in memory or in the spool (a file). */
export type Image =
  | { readonly kind: 'row'; readonly relation: Relation; readonly row: Row }
  | {
      readonly kind: 'spooled'
      readonly relation: Relation
      readonly offset: number
      readonly length: number
      /** 48 bits of the bytes' digest. */
      readonly digest: number
    }

/** Bytes that are gathered before they are appended to the file. Too low: many small writes. Too high: much memory. */
const WRITE_BYTES = 1024 * 1024

/** What a column costs in memory beside its characters: key, map slot and string header, roughly. */
const COLUMN_OVERHEAD = 48

export interface ImageStoreOptions {
  /** Opens the file when it is needed for the first time. */
  readonly openSpool: () => Promise<SpoolFile>
  /** Maximum characters (plus an allowance for every column) of the row states in memory. Beyond it, all row states go to the file. */
  readonly memoryLimit: number
}

/**
 * Keeps row states until the transaction is over. A small transaction stays in memory and never touches a file. Once the states
 * exceed `memoryLimit`, the owner of the images moves them with `spill`, and from then on every state goes to the file at once and only
 * its place is remembered.
 */
export class ImageStore {
  private held = 0
  private isSpooling = false
  private file: SpoolFile | null = null
  private readonly unwritten: Uint8Array[] = []
  private unwrittenBytes = 0
  private end = 0
  private reader: SpoolReader | null = null

  constructor(private readonly options: ImageStoreOptions) {}

  keep({ relation, row }: RowImage): Image {
    if (this.isSpooling) return this.spool(relation, row)
    this.held += sizeOf(row)
    return { kind: 'row', relation, row }
  }

  /** Whether the images in memory have to be moved to the file. False after `startSpooling`. */
  mustSpill(): boolean {
    return !this.isSpooling && this.held > this.options.memoryLimit
  }

  /** From now on every row state goes to the file. */
  startSpooling(): void {
    this.isSpooling = true
  }

  /** The same image, in the file. */
  moved(image: Image): Image {
    return image.kind === 'row' ? this.spool(image.relation, image.row) : image
  }

  mustWrite(): boolean {
    return this.unwrittenBytes >= WRITE_BYTES
  }

  /** Appends the gathered bytes to the file. */
  async write(): Promise<void> {
    if (this.unwritten.length === 0) return
    this.file ??= await this.options.openSpool()
    const bytes = Buffer.concat(this.unwritten.splice(0))
    this.unwrittenBytes = 0
    await this.file.append(bytes)
  }

  /** Whether an image has the content of this row; `unknown` when its table was altered in between, because the values may differ then. */
  compare(image: Image, { relation, row }: RowImage): 'same' | 'different' | 'unknown' {
    if (!sameShape(image.relation, relation)) return 'unknown'
    const isSame =
      image.kind === 'row'
        ? image.row === row || sameRow(image.row, row)
        : image.digest === digestOf(encodeRow(relation, row))
    return isSame ? 'same' : 'different'
  }

  /** A digest that is equal for rows of the same shape and content, whether in memory or in the file. */
  digestOf(image: Image): number {
    return image.kind === 'spooled' ? image.digest : digestOf(encodeRow(image.relation, image.row))
  }

  /** Returns the row of an image. Call `write` before the first `load`. */
  async load(image: Image): Promise<Row> {
    if (image.kind === 'row') return image.row
    if (!this.file) throw new Error('the spool has not been written')
    this.reader ??= new SpoolReader(this.file, this.end)
    return decodeRow(image.relation, await this.reader.read(image.offset, image.length))
  }

  async discard(): Promise<void> {
    const { file } = this
    this.file = null
    this.reader = null
    this.unwritten.length = 0
    await file?.discard()
  }

  private spool(relation: Relation, row: Row): Image {
    const bytes = encodeRow(relation, row)
    const image: Image = { kind: 'spooled', relation, offset: this.end, length: bytes.length, digest: digestOf(bytes) }
    this.unwritten.push(bytes)
    this.unwrittenBytes += bytes.length
    this.end += bytes.length
    return image
  }
}

const digestOf = (bytes: Uint8Array): number => createHash('sha1').update(bytes).digest().readUIntBE(0, 6)

function sizeOf(row: Row): number {
  let size = 0
  for (const value of row.values()) size += COLUMN_OVERHEAD + (value?.length ?? 0)
  return size
}

/** Compares the columns, because Postgres also describes a table again after statements that do not alter it. */
function sameShape(a: Relation, b: Relation): boolean {
  if (a === b) return true
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, at) => {
      const other = b.columns[at]
      return (
        other?.name === column.name && other.typeOid === column.typeOid && other.typeModifier === column.typeModifier
      )
    })
  )
}

function sameRow(a: Row, b: Row): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (b.get(name) !== value) return false
  return true
}
