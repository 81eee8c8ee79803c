import { isDeepStrictEqual } from 'node:util'
import {
  pinConfiguration,
  RowReaders,
  unpinConfiguration,
  type CaptureSource,
  type HiddenColumnsOf,
} from '@hooklane/core/capture'
import type { CaptureMark } from '@hooklane/postgres'
import { SourceUnreadable, type TableOids } from '@hooklane/replication'

export interface CurrentFileOptions {
  /** The source as the current capture file defines it. */
  readonly current: CaptureSource
  /** Captured tables of the current file. */
  readonly tables: TableOids
  readonly hiddenOf: HiddenColumnsOf
}

export interface ResumedFoldingOptions extends CurrentFileOptions {
  readonly mark: Pick<CaptureMark, 'configuration' | 'tables'>
  /** Commit LSN of the last transaction that has events in Kafka beyond the mark (see `MarkKeeper`); null: there is none. */
  readonly halfPublishedLsn: bigint | null
}

/** The configuration under which the row changes of transactions are folded into events. */
export interface FoldingConfiguration {
  /** The configuration in the form that the mark stores. The mark is saved before anything is published under the configuration. */
  readonly configuration: CaptureMark['configuration']
  readonly tables: TableOids
  readonly reader: RowReaders
  /** The first transaction after this commit LSN needs another configuration; null: none does. */
  readonly upTo: bigint | null
}

/** The configuration for all transactions that have no event in Kafka yet: the current capture file. */
export const foldingOfFile = ({ current, tables, hiddenOf }: CurrentFileOptions): FoldingConfiguration => ({
  configuration: pinConfiguration(current),
  tables,
  reader: new RowReaders(current, { hiddenOf }),
  upTo: null,
})

/**
 * Returns the configuration for the first transactions. Transactions that may have events in Kafka are folded under the configuration with
 * which these events were published: another event at the same position would be taken for a copy, and lost. From the next transaction on,
 * the current file holds.
 * @throws SourceUnreadable when the events were published under a configuration that this build cannot read
 */
export function resumedFolding(options: ResumedFoldingOptions): FoldingConfiguration {
  const { current, tables, hiddenOf, mark, halfPublishedLsn } = options
  const now = foldingOfFile(options)
  if (halfPublishedLsn === null || mark.configuration === null) return now
  if (isDeepStrictEqual(mark.configuration, now.configuration)) return now
  const before = unpinConfiguration(mark.configuration, current)
  if (!before) {
    throw new SourceUnreadable(
      'CHANGE_NOT_DECODABLE',
      `a part of a transaction of ${current.name} was published under a capture file that this build cannot read: let the build that ` +
        `published that part publish the rest, and stop that build cleanly`,
    )
  }
  return {
    configuration: mark.configuration,
    // The tables of both files, because the WAL uses the table names of the earlier file's time.
    tables: new Map([...tables, ...mark.tables]),
    reader: new RowReaders(before, { renamed: renamedTables(mark.tables, tables), hiddenOf }),
    upTo: halfPublishedLsn,
  }
}

/** Name of a table in the current file → its name in the earlier file, for tables that were renamed. */
function renamedTables(before: TableOids, current: TableOids): ReadonlyMap<string, string> {
  const names = new Map([...before].map(([name, oid]) => [oid, name]))
  return new Map(
    [...current].flatMap(([name, oid]) => {
      const earlier = names.get(oid)
      return earlier === undefined || earlier === name ? [] : [[name, earlier] as const]
    }),
  )
}
