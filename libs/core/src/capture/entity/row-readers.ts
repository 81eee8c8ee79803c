import { qualifiedName, type CaptureSource } from '../capture-configuration.js'
import { RowReader, type HiddenColumnsOf } from './row-reader.js'
import type { Relation, TableName } from '../row-change.js'

export interface RowReadersOptions {
  /** Name of a relation in the WAL → name of the table in the capture file. */
  readonly renamed?: ReadonlyMap<string, string>
  /** See `RowReader`. */
  readonly hiddenOf?: HiddenColumnsOf | undefined
}

/** Interprets the rows of one source. Make it once and use it for all transactions, because it remembers the shapes of the tables. */
export class RowReaders {
  private readonly readers: ReadonlyMap<string, RowReader>

  private readonly renamed: ReadonlyMap<string, string>

  constructor(
    readonly source: CaptureSource,
    { renamed = new Map<string, string>(), hiddenOf }: RowReadersOptions = {},
  ) {
    this.renamed = renamed
    this.readers = new Map(source.tables.map((table) => [qualifiedName(table), new RowReader(source, table, hiddenOf)]))
  }

  /** Null when the capture file does not name the table, or means another table by this name. */
  readerOf(relation: Relation | TableName): RowReader | null {
    if ('isReplaced' in relation) return null
    const name = qualifiedName(relation)
    return this.readers.get(this.renamed.get(name) ?? name) ?? null
  }
}
