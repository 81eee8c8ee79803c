import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  catalogueFromJson,
  catalogueToJson,
  formerTables,
  gapId,
  judgeCatalogue,
  knownFrom,
  NOTHING_KNOWN,
  qualifiedName,
  withoutPlacesOfLooks,
  withOutcome,
  type Announcement,
  type CaptureSource,
  type CatalogueFacts,
  type CatalogueVerdict,
  type FoldReport,
  type KnownCatalogue,
  type PlanOutcome,
  type PlannedPublication,
  type TransactionInfo,
} from '@hooklane/core/capture'
import { CaptureMarkTaken, type ReadCaptureMark } from '@hooklane/postgres'
import {
  ChangesMissing,
  refusedGaps,
  type CatalogueAccess,
  type PreparedSource,
  type ReplicatedSource,
  type TableOids,
} from '@hooklane/replication'
import type { MarkKeeper, MarkStart } from '../marks/mark-keeper.js'
import { gapsOfMark } from './gaps-of-mark.js'
import type { HiddenColumns } from './hidden-columns.js'

/** How many TRUNCATEs of one table are remembered. Too low: a TRUNCATE may be announced twice. Too high: more memory. */
const MAX_TRUNCATIONS = 100

export interface CatalogueWatchOptions {
  readonly capture: CaptureSource
  readonly replicated: ReplicatedSource
  readonly marks: MarkKeeper
  readonly columns: Pick<HiddenColumns, 'learn'>
  /** Called with announcements that will be published. */
  readonly onAnnounced: (announcements: readonly Announcement[]) => void
  /** Called with ids under `accept` that match no noted gap. */
  readonly onUnmatched: (ids: readonly string[]) => void
}

/** Returns the catalogue noted in the mark, without LSNs if they belong to another WAL (another timeline, or a restored database). */
function notedIn({ mark, isContinued }: ClaimedSource, log: MarkStart['notes']['log']): KnownCatalogue | null {
  const noted = catalogueFromJson(mark.catalogue)
  const isSameLog = isContinued && isDeepStrictEqual(mark.log, log)
  return noted && !isSameLog ? { ...noted, columns: withoutPlacesOfLooks(noted.columns) } : noted
}

/** A source that this process has claimed. */
export interface ClaimedSource {
  readonly mark: ReadCaptureMark
  /** Whether reading continues at the mark. Otherwise the epoch was raised, and only the formerly captured tables still count. */
  readonly isContinued: boolean
  readonly prepared: PreparedSource
  readonly access: CatalogueAccess
}

/** The noted catalogue and the current one. */
interface Compared {
  readonly known: KnownCatalogue
  readonly facts: CatalogueFacts
  /** Tables that were captured until now. */
  readonly before: TableOids
}

/** A source whose catalogue has not been recorded in this epoch. */
interface NewSource {
  readonly facts: CatalogueFacts
  /** The catalogue recorded in an earlier epoch; `NOTHING_KNOWN` if there is none. */
  readonly noted: KnownCatalogue
  readonly outcome: PlanOutcome
  readonly isSameCluster: boolean
}

interface Judged extends Compared {
  readonly verdict: CatalogueVerdict
}

/** The versions of the rows of a publication after this process has changed it. */
type ChangedPublication = Pick<PlannedPublication, 'publication' | 'members'>

/**
 * Compares the catalogue of a captured database with the catalogue noted in the mark (see `MarkKeeper`), and notes the current one. A
 * difference is either refused with `ChangesMissing`, or announced to receivers. One save stores both the announcement and the current
 * catalogue. So a difference is neither lost nor announced twice, wherever the process ends.
 *
 * A start goes through: claimed → judged → planned → changed → settled. The plan is noted within the transaction that changes the
 * publication, before it commits. If the process ends after the commit, the next start treats the plan as settled. See
 * docs/adr/0017-what-the-catalogue-shows.md.
 */
export class CatalogueWatch {
  private readonly truncatedBy = new Map<string, ReadonlySet<string>>()
  /** Ids of gaps that this process has closed: they may stay in the capture file. */
  private readonly closedIds = new Set<string>()
  /** The captured tables as they were last settled. */
  private tables: TableOids = new Map()

  constructor(private readonly options: CatalogueWatchOptions) {}

  /**
   * Begins the mark of a claimed source, and aligns its publication.
   * @param start its `catalogue` is the one noted before, and its announcements are those that do not follow from the catalogue
   * @throws SourceUnreadable when changes are missing that no person has accepted
   */
  async begin(start: MarkStart, claimed: ClaimedSource): Promise<void> {
    const { marks, capture, onAnnounced } = this.options
    const { mark, isContinued, access } = claimed
    const gaps = gapsOfMark(capture, isContinued ? mark : null)
    if (gaps.open.size > 0) throw new ChangesMissing(gaps.open, this.options.replicated)
    this.reportUnmatched(gaps.unmatched)
    const judged = await this.judgeClaimed(claimed, gaps.accepted, start.notes.log)
    const { facts, known, verdict } = judged
    const changed = await this.alignPublication(start, judged, access)
    const closedGaps = [...mark.gaps].filter(([table]) => verdict.excused.has(table))
    const closings = closedGaps.length > 0 ? known.closings + 1 : known.closings
    const columns = this.options.columns.learn(facts, known)
    const settled = { ...knownFrom(facts, { former: verdict.former, closings, columns }), ...changed }
    const announcements = this.announcementsOf(verdict)
    const notes = {
      ...start.notes,
      catalogue: catalogueToJson({ ...settled, plan: null }),
      announcements: [...start.notes.announcements, ...announcements],
    }
    await marks.begin({ ...start, notes, closedGaps: closedGaps.map(([table]) => table) })
    for (const [, { id }] of closedGaps) if (id !== undefined) this.closedIds.add(id)
    this.tables = facts.oids
    if (announcements.length > 0) onAnnounced(announcements)
  }

  /** @throws ChangesMissing; CaptureMarkTaken when another process has claimed the source meanwhile */
  async inspected(facts: CatalogueFacts): Promise<void> {
    const { marks, onAnnounced } = this.options
    const known = catalogueFromJson(marks.catalogue) ?? NOTHING_KNOWN
    const compared = { known, facts, before: this.tables }
    if (this.verdictOn(compared, new Set()).gaps.size > 0) await this.requireClaim()
    const verdict = this.judgeOrRefuse(compared, new Set())
    const columns = this.options.columns.learn(facts, known)
    const catalogue = catalogueToJson(knownFrom(facts, { ...known, columns }))
    if (isDeepStrictEqual(catalogue, marks.catalogue)) return
    const announcements = this.announcementsOf(verdict)
    if (announcements.length > 0) onAnnounced(announcements)
    await marks.note({ catalogue, announcements: [...marks.announcements, ...announcements] })
  }

  /** Notes truncations that are announced at their place in the WAL. The catalogue shows them as well, and must not announce them again. */
  noteTruncations(
    { xid }: TransactionInfo,
    { changesWithoutRows, refilled }: Pick<FoldReport, 'changesWithoutRows' | 'refilled'>,
  ): void {
    const truncated = changesWithoutRows.filter(({ reason }) => reason === 'truncated').flatMap((one) => one.resources)
    const resources = new Set(truncated.filter((resource) => !refilled.has(resource)))
    for (const table of this.options.capture.tables) {
      if (!resources.has(table.resource)) continue
      const xids = [...(this.truncatedBy.get(qualifiedName(table)) ?? []), xid]
      this.truncatedBy.set(qualifiedName(table), new Set(xids.slice(-MAX_TRUNCATIONS)))
    }
  }

  private async judgeClaimed(
    claimed: ClaimedSource,
    accepted: ReadonlySet<string>,
    log: MarkStart['notes']['log'],
  ): Promise<Judged> {
    const { mark, isContinued, prepared, access } = claimed
    const facts = await access.read()
    const isSameCluster = mark.log?.systemIdentifier === log?.systemIdentifier
    const noted = notedIn(claimed, log)
    const outcome = await outcomeOf(noted?.plan ?? null, isSameCluster ? access : null)
    if (isContinued && noted) {
      const { known: settled, captured } = withOutcome(noted, mark.tables, outcome)
      const known = { ...settled, columns: this.columnsFrom(settled.columns, prepared) }
      const compared = { known, facts, before: withPublished(captured, known, facts) }
      return { ...compared, verdict: this.judgeOrRefuse(compared, accepted) }
    }
    return this.judgeNew({ facts, noted: noted ?? NOTHING_KNOWN, outcome, isSameCluster }, claimed, accepted)
  }

  /** Adds the columns from before the slot was created, because a column may have been renamed meanwhile. */
  private columnsFrom(columns: KnownCatalogue['columns'], prepared: ClaimedSource['prepared']) {
    return this.options.columns.learn(prepared.catalogue, { columns })
  }

  /** For a source that starts over, or whose mark holds no catalogue yet. */
  private judgeNew(
    { facts, noted, outcome, isSameCluster }: NewSource,
    { mark, isContinued, prepared }: ClaimedSource,
    accepted: ReadonlySet<string>,
  ): Judged {
    const captured: TableOids = isContinued ? mark.tables : new Map()
    const earlier = withOutcome(noted, mark.tables, outcome).captured
    const prior = knownFrom(prepared.catalogue)
    // An omitted column stays omitted when its source starts over. In another database, the same numbers belong to other columns.
    const columns = this.columnsFrom(isSameCluster && noted !== NOTHING_KNOWN ? noted.columns : prior.columns, prepared)
    const known = { ...prior, columns, former: formerTables(noted.former, earlier, facts.oids) }
    const compared = { known, facts, before: withPublished(captured, known, facts) }
    // Reading of these tables begins only now. So their gaps since they were published are announced, and not refused.
    const begun = [...this.verdictOn(compared, accepted).gaps.keys()].filter((table) => !captured.has(table))
    return { ...compared, verdict: this.judgeOrRefuse(compared, new Set([...accepted, ...begun])) }
  }

  /** Aligns the publication. Returns the versions after the change; null: nothing had to change. */
  private async alignPublication(
    start: MarkStart,
    { known, facts, before, verdict }: Judged,
    access: CatalogueAccess,
  ): Promise<ChangedPublication | null> {
    let changed: ChangedPublication | null = null
    await access.alignPublication(facts.publication, async (plan) => {
      const planned: KnownCatalogue = {
        ...known,
        // Until the plan is settled, a table that returns still counts as gone, and a new table has the partitions from before it was
        // published.
        former: new Map([...known.former, ...verdict.former]),
        leaves: new Map([...knownFrom(facts).leaves, ...known.leaves]),
        plan,
      }
      const notes = { ...start.notes, tables: before, catalogue: catalogueToJson(planned) }
      await this.options.marks.begin({ ...start, notes })
      changed = { publication: plan.publication, members: plan.members }
    })
    return changed
  }

  /**
   * Checks that no process with another capture file has taken over the source: that would explain a difference that looks like a gap.
   * @throws CaptureMarkTaken
   */
  private async requireClaim(): Promise<void> {
    try {
      await this.options.marks.note({})
    } catch (error) {
      // If the mark cannot be saved for another reason, the gap counts.
      if (error instanceof CaptureMarkTaken) throw error
    }
  }

  /** @throws ChangesMissing when there are gaps that no person has accepted */
  private judgeOrRefuse(compared: Compared, accepted: ReadonlySet<string>): CatalogueVerdict {
    const { replicated, capture } = this.options
    const verdict = this.verdictOn(compared, accepted)
    const { gaps } = verdict
    if (gaps.size > 0)
      throw new ChangesMissing(refusedGaps(gaps, gapId(gaps, compared.known, capture.epoch)), replicated)
    return verdict
  }

  private verdictOn(compared: Compared, accepted: ReadonlySet<string>): CatalogueVerdict {
    const { replicated } = this.options
    return judgeCatalogue({ ...compared, name: replicated.publication, accepted, truncatedBy: this.truncatedBy })
  }

  /** Returns one announcement for each reason. */
  private announcementsOf({ announced }: CatalogueVerdict): Announcement[] {
    const resources = new Map(this.options.capture.tables.map((table) => [qualifiedName(table), table.resource]))
    return [...new Set(announced.values())].map((reason) => ({
      id: randomUUID(),
      reason,
      resources: [...announced].flatMap(([table, why]) => (why === reason ? (resources.get(table) ?? []) : [])).sort(),
      from: null,
    }))
  }

  private reportUnmatched(ids: readonly string[]): void {
    const never = ids.filter((id) => !this.closedIds.has(id))
    if (never.length > 0) this.options.onUnmatched(never)
  }
}

/**
 * Returns the captured tables and those that were published when the catalogue was last read. While a transaction that was half-published
 * under an earlier capture file is being finished, the mark names only the tables of that file.
 */
function withPublished(captured: TableOids, { members }: KnownCatalogue, { oids }: CatalogueFacts): TableOids {
  const known = new Set(captured.values())
  return new Map([...captured, ...[...oids].filter(([, oid]) => members.has(oid) && !known.has(oid))])
}

/** @param access null: the plan was made in another database, so this one does not know the outcome */
function outcomeOf(
  plan: PlannedPublication | null,
  access: Pick<CatalogueAccess, 'outcomeOf'> | null,
): Promise<PlanOutcome> {
  if (!plan) return Promise.resolve('aborted')
  return access ? access.outcomeOf(plan.xid) : Promise.resolve('unknown')
}
