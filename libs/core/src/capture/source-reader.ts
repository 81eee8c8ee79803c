import { qualifiedName, type CaptureSource } from './capture-configuration.js'
import { RowReader } from './entity/row-reader.js'
import type { Relation } from './row-change.js'

/** Understands the rows of one source. Made once and used for all its transactions, because it keeps what it learns of the tables' shapes. */
export class SourceReader {
  private readonly readers: ReadonlyMap<string, RowReader>

  /** @param renamed name under which a relation comes → the name that `source` has for it */
  constructor(
    readonly source: CaptureSource,
    private readonly renamed: ReadonlyMap<string, string> = new Map(),
  ) {
    this.readers = new Map(source.tables.map((table) => [qualifiedName(table), new RowReader(source, table)]))
  }

  /** Null when the capture file does not name the table. */
  readerOf(relation: Relation): RowReader | null {
    const name = qualifiedName(relation)
    return this.readers.get(this.renamed.get(name) ?? name) ?? null
  }
}
