import { isDeepStrictEqual } from 'node:util'
import {
  pinConfiguration,
  RowReaders,
  unpinConfiguration,
  type CaptureSource,
  type HiddenColumnsOf,
} from '@hooklane/core/capture'
import type { CaptureMark } from '@hooklane/postgres'
import { SourceRefused, type TableOids } from '@hooklane/replication'

export interface TodayOptions {
  /** The source as today's capture file defines it. */
  readonly today: CaptureSource
  /** Captured tables of today's file. */
  readonly tables: TableOids
  readonly hiddenOf: HiddenColumnsOf
}

export interface FoldingPlanOptions extends TodayOptions {
  readonly mark: Pick<CaptureMark, 'configuration' | 'tables'>
  /** Commit LSN of the last transaction that has events in Kafka beyond the mark; null: there is none. */
  readonly halfPublishedLsn: bigint | null
}

/** The configuration under which transactions are folded, with what the mark notes about it. */
export interface FoldingPlan {
  /** It is noted before anything is published under it. */
  readonly configuration: CaptureMark['configuration']
  readonly tables: TableOids
  readonly reader: RowReaders
  /** The first transaction behind this commit LSN needs another plan; null: this plan holds for good. */
  readonly upTo: bigint | null
}

/** The plan that holds for everything that is not in Kafka yet. */
export const planOfFile = ({ today, tables, hiddenOf }: TodayOptions): FoldingPlan => ({
  configuration: pinConfiguration(today),
  tables,
  reader: new RowReaders(today, { hiddenOf }),
  upTo: null,
})

/**
 * Returns the plan for the first transactions. Those that may have events in Kafka are folded as they were published, because a position
 * does not say what is published there. Today's file holds from the next transaction on.
 * @throws SourceRefused when they were published under a configuration that this build cannot read
 */
export function resumePlan(options: FoldingPlanOptions): FoldingPlan {
  const { today, tables, hiddenOf, mark, halfPublishedLsn } = options
  const now = planOfFile(options)
  if (halfPublishedLsn === null || mark.configuration === null) return now
  if (isDeepStrictEqual(mark.configuration, now.configuration)) return now
  const before = unpinConfiguration(mark.configuration, today)
  if (!before) {
    throw new SourceRefused(
      'CHANGE_NOT_DECODABLE',
      `${today.name} has published a part of a transaction under a capture file that this build cannot read: let the build that wrote it ` +
        `publish the rest, and stop it cleanly`,
    )
  }
  return {
    configuration: mark.configuration,
    // The tables of both files: the log names tables as they were captured then, even when they have another name today.
    tables: new Map([...tables, ...mark.tables]),
    reader: new RowReaders(before, { renamed: renamedTables(mark.tables, tables), hiddenOf }),
    upTo: halfPublishedLsn,
  }
}

/** Name under which the log's tables are reported today → their name in the earlier file. */
function renamedTables(before: TableOids, today: TableOids): ReadonlyMap<string, string> {
  const names = new Map([...before].map(([name, oid]) => [oid, name]))
  return new Map(
    [...today].flatMap(([name, oid]) => {
      const earlier = names.get(oid)
      return earlier === undefined || earlier === name ? [] : [[name, earlier] as const]
    }),
  )
}
