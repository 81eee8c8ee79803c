import { qualifiedName, type CaptureSource } from './capture-configuration.js'
import { RowReader, type HiddenColumnsOf } from './entity/row-reader.js'
import type { Relation } from './row-change.js'

export interface SourceReaderOptions {
  /** Name under which a relation comes → the name that the source has for it. */
  readonly renamed?: ReadonlyMap<string, string>
  /** See `RowReader`. */
  readonly hiddenOf?: HiddenColumnsOf | undefined
}

/** Understands the rows of one source. Made once and used for all its transactions, because it keeps what it learns of the tables' shapes. */
export class SourceReader {
  private readonly readers: ReadonlyMap<string, RowReader>

  private readonly renamed: ReadonlyMap<string, string>

  constructor(
    readonly source: CaptureSource,
    { renamed = new Map<string, string>(), hiddenOf }: SourceReaderOptions = {},
  ) {
    this.renamed = renamed
    this.readers = new Map(source.tables.map((table) => [qualifiedName(table), new RowReader(source, table, hiddenOf)]))
  }

  /** Null when the capture file does not name the table. */
  readerOf(relation: Relation): RowReader | null {
    const name = qualifiedName(relation)
    return this.readers.get(this.renamed.get(name) ?? name) ?? null
  }
}
