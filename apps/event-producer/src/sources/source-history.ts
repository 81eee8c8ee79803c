import {
  catalogueFromJson,
  formatLsn,
  judgeHistory,
  knownNames,
  qualifiedName,
  referencedColumns,
  unpinConfiguration,
  type CaptureSource,
  type FoundHistory,
  type HistoryVerdict,
} from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import {
  ChangesMissing,
  changesOfAllTablesMissing,
  SourceUnreadable,
  type LossCode,
  type OpenHistory,
  type ReplicatedSource,
  type SourceHistory,
} from '@hooklane/replication'
import { gapsOfMark } from './gaps-of-mark.js'
import type { PublishedPlace } from './published-place.js'

/** A source, as the functions below need it to judge its past. */
export interface SourcePast {
  readonly source: CaptureSource
  readonly replicated: ReplicatedSource
}

/**
 * Returns what is known about the past of a source, before the source is connected to.
 * @throws SourceUnreadable when the epoch was lowered, or when changes are missing in this epoch and no person has accepted that
 */
export function historyOf(
  { source, replicated }: SourcePast,
  mark: ReadCaptureMark | null,
  last: PublishedPlace | null,
): SourceHistory {
  if (last === null) return { kind: 'none' }
  if (last.epoch < source.epoch) return { kind: 'over' }
  if (last.epoch > source.epoch) throw epochWentBack(source, last)
  const { open } = gapsOfMark(source, mark)
  if (open.size > 0) throw new ChangesMissing(open, replicated)
  const upTo = formatLsn(mark?.settledLsn ?? last.commitLsn)
  return mark ? openHistory(source, mark, upTo) : { ...NO_MARK, upTo }
}

/** What is known of a source that was published by a build without marks. */
const NO_MARK: Omit<OpenHistory, 'upTo'> = { kind: 'open', cluster: null, tables: new Map(), columns: new Map() }

const openHistory = (source: CaptureSource, mark: ReadCaptureMark, upTo: string): OpenHistory => ({
  kind: 'open',
  cluster: mark.log?.systemIdentifier ?? null,
  upTo,
  tables: mark.tables,
  columns: namesIn(mark, source),
})

/** Table → names of columns that were seen in it, or that an earlier capture file has named. */
function namesIn(mark: ReadCaptureMark, today: CaptureSource): OpenHistory['columns'] {
  const histories = catalogueFromJson(mark.catalogue)?.columns
  const before = mark.configuration === null ? null : unpinConfiguration(mark.configuration, today)
  const named = new Map(before?.tables.map((table) => [qualifiedName(table), referencedColumns(before, table)]))
  return new Map(
    [...mark.tables].map(([table, oid]) => {
      const history = histories?.get(oid)
      return [table, new Set([...(history ? knownNames(history) : []), ...(named.get(table) ?? [])])]
    }),
  )
}

function epochWentBack({ name, epoch }: CaptureSource, last: PublishedPlace): SourceUnreadable {
  return new SourceUnreadable(
    'POSITION_BEHIND',
    `the capture file gives ${name} the epoch ${epoch}, but it was read under ${last.epoch} already: write ${last.epoch} to go on where ` +
      `it was, or ${last.epoch + 1} to start over, and restart the event-producer`,
  )
}

/**
 * Judges whether the slot still holds everything that is not published.
 * @param published the last event in Kafka under the source's epoch
 * @returns the LSN before which everything that was committed is published, or does not belong to this source
 * @throws ChangesMissing
 */
export function settledLsnOf(
  past: SourcePast,
  mark: Pick<ReadCaptureMark, 'log' | 'settledLsn'> | null,
  { published, found }: { readonly published: PublishedPlace | null; readonly found: FoundHistory },
): bigint {
  const known = {
    log: mark?.log ?? null,
    settledLsn: mark?.settledLsn ?? null,
    publishedLsn: published?.commitLsn ?? null,
  }
  const verdict = judgeHistory(known, found)
  if (verdict.kind === 'continues') return verdict.settledLsn ?? found.confirmedLsn
  throw changesOfAllTablesMissing(past.replicated, gapOf(past, verdict))
}

function gapOf(
  { replicated, source }: SourcePast,
  verdict: Exclude<HistoryVerdict, { kind: 'continues' }>,
): { readonly code: LossCode; readonly reason: string } {
  switch (verdict.kind) {
    case 'otherDatabase':
      return {
        code: 'POSITION_BEHIND',
        reason: `the database of ${source.name} is not the one that was read, or is a copy that has diverged from it`,
      }
    case 'setBack':
      return {
        code: 'POSITION_BEHIND',
        reason:
          `${source.name} was read up to ${formatLsn(verdict.readLsn)}, but the history of this database does not include that position: ` +
          `the database was restored, or is another one. Its new events would be mistaken for duplicates`,
      }
    case 'slotMoved':
      return {
        code: 'SLOT_LOST',
        reason:
          `somebody else recreated or advanced the slot ${replicated.slot}: earlier changes of ${source.name} are no longer in the slot and ` +
          `were not published`,
      }
  }
}

/** The error for a WAL that has reached the place of a published transaction, but has another transaction there, or none. */
export const historyDiverged = (replicated: ReplicatedSource, { xid }: PublishedPlace): Error =>
  changesOfAllTablesMissing(replicated, {
    code: 'CHANGES_MISSING',
    reason: `the write-ahead log does not hold transaction ${xid}, which was published: the database was restored, or is another one`,
  })
