import { isDeepStrictEqual } from 'node:util'
import {
  pinConfiguration,
  SourceReader,
  unpinConfiguration,
  type CaptureSource,
  type HiddenColumnsOf,
} from '@hooklane/core/capture'
import type { CaptureMark } from '@hooklane/postgres'
import { SourceRefused, type TableOids } from '@hooklane/replication'

export interface TodayOptions {
  /** As the capture file says today. */
  readonly today: CaptureSource
  /** Captured tables of today's file. */
  readonly tables: TableOids
  readonly hiddenOf: HiddenColumnsOf
}

export interface FoldingPlanOptions extends TodayOptions {
  readonly mark: Pick<CaptureMark, 'configuration' | 'tables'>
  /** Commit LSN of the last transaction of which events are in Kafka beyond the mark; null: none is. */
  readonly halfPublishedLsn: bigint | null
}

/** Under which configuration each transaction is folded. What is noted in the mark goes with it. */
export interface FoldingPlan {
  /** Noted before anything is published under it. */
  readonly configuration: CaptureMark['configuration']
  readonly tables: TableOids
  readonly reader: SourceReader
  /** From the first transaction behind this commit LSN on, another plan holds; null: this one holds for good. */
  readonly upTo: bigint | null
}

/** The plan that holds for everything that is not in Kafka yet. */
export const planOfToday = ({ today, tables, hiddenOf }: TodayOptions): FoldingPlan => ({
  configuration: pinConfiguration(today),
  tables,
  reader: new SourceReader(today, { hiddenOf }),
  upTo: null,
})

/**
 * Transactions of which events may be in Kafka are folded as they were published, because a position does not say what stands there. The file of today
 * begins with the next one.
 * @throws SourceRefused when they were published under a configuration that this build cannot read
 */
export function firstPlan(options: FoldingPlanOptions): FoldingPlan {
  const { today, tables, hiddenOf, mark, halfPublishedLsn } = options
  const now = planOfToday(options)
  if (halfPublishedLsn === null || mark.configuration === null) return now
  if (isDeepStrictEqual(mark.configuration, now.configuration)) return now
  const before = unpinConfiguration(mark.configuration, today)
  if (!before) {
    throw new SourceRefused(
      'CHANGE_NOT_DECODABLE',
      `${today.name} has published a part of a transaction under a capture file that this build cannot read: let the build that wrote it ` +
        `publish the rest, and end it in order`,
    )
  }
  return {
    configuration: mark.configuration,
    // Both: the log of then names the tables of then, also those that have another name today.
    tables: new Map([...tables, ...mark.tables]),
    reader: new SourceReader(before, { renamed: renamedTables(mark.tables, tables), hiddenOf }),
    upTo: halfPublishedLsn,
  }
}

/** Name that the log's tables are given today → the one that they had in the earlier file. */
function renamedTables(before: TableOids, today: TableOids): ReadonlyMap<string, string> {
  const names = new Map([...before].map(([name, oid]) => [oid, name]))
  return new Map(
    [...today].flatMap(([name, oid]) => {
      const earlier = names.get(oid)
      return earlier === undefined || earlier === name ? [] : [[name, earlier] as const]
    }),
  )
}
