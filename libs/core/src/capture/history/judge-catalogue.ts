import { hash } from 'node:crypto'
import type { ResyncReason } from '@hooklane/contracts/public'
import type { CatalogueFacts, KnownCatalogue, TableOids } from './catalogue.js'
import { unloggedChange } from './judge-partitions.js'
import { publicationGaps, type PublicationGap } from './judge-publication.js'

export interface CatalogueQuestion {
  /** Name of the publication. */
  readonly name: string
  readonly known: KnownCatalogue
  readonly facts: CatalogueFacts
  /** Tables that were captured until now. */
  readonly before: TableOids
  /** Tables whose gaps a person has accepted. */
  readonly accepted: ReadonlySet<string>
  /** Table → transactions (`xid`) whose TRUNCATE of it is in the WAL. */
  readonly truncatedBy: ReadonlyMap<string, ReadonlySet<string>>
}

export interface CatalogueVerdict {
  /**
   * Tables of which changes are missing. If there are any, the caller refuses to capture the source, and the other parts of the verdict do
   * not count.
   */
  readonly gaps: ReadonlyMap<string, PublicationGap>
  /** Tables whose gaps are announced to receivers and do not make the caller refuse the source. */
  readonly excused: ReadonlySet<string>
  /**
   * Tables whose entities receivers have to fetch again, and why. One reason per table is enough, because receivers do the same for every
   * reason.
   */
  readonly announced: ReadonlyMap<string, ResyncReason>
  /** Tables that were captured earlier and no longer are. */
  readonly former: TableOids
}

/**
 * Finds out which changes of a source's tables are not in the WAL, and what to do about them.
 *
 * - A table that the capture file stopped naming and names again is announced, because its changes in between were not captured.
 * - A table that is named for the first time is captured from now on.
 * - Any other table has a gap if some of its changes were not published. A gap is announced if a person has accepted it. Otherwise the
 *   source is refused.
 * - A captured table whose rows changed without a trace in the WAL (`unloggedChange`) is announced.
 */
export function judgeCatalogue(question: CatalogueQuestion): CatalogueVerdict {
  const { name, known, facts, before, accepted } = question
  const formerOids = new Set(known.former.values())
  const wasFormer = (table: string, oid: number): boolean => known.former.has(table) || formerOids.has(oid)
  const returned = [...facts.oids].filter(([table, oid]) => wasFormer(table, oid))
  const captured = new Map([...before].filter(([table, oid]) => !wasFormer(table, oid)))
  const excused = new Set([...returned.map(([table]) => table), ...accepted])
  const all = publicationGaps({ name, known, facts, captured })
  const gaps = new Map([...all].filter(([table]) => !excused.has(table)))
  const capturedOids = new Set(captured.values())
  const announced = new Map<string, ResyncReason>()
  for (const [table, oid] of facts.oids) {
    const change = capturedOids.has(oid) && !gaps.has(table) ? changeOf(question, table, oid) : null
    const reason = excused.has(table) ? 'publication' : change
    if (reason !== null) announced.set(table, reason)
  }
  return { gaps, excused, announced, former: formerTables(known.former, before, facts.oids) }
}

function changeOf({ known, facts, truncatedBy }: CatalogueQuestion, table: string, oid: number): ResyncReason | null {
  const found = facts.tables.get(oid)
  if (!found) return null
  return unloggedChange({
    known: known.leaves.get(oid) ?? null,
    found,
    isOfAllTables: facts.publication?.isOfAllTables ?? false,
    truncatedBy: truncatedBy.get(table) ?? new Set(),
  })
}

/**
 * Tables that were captured earlier and are not captured today. A table counts as captured today if its oid is captured (it may have been
 * renamed) or its name is captured (it may now belong to another table).
 */
export function formerTables(former: TableOids, before: TableOids, today: TableOids): TableOids {
  const oids = new Set(today.values())
  const isGone = ([table, oid]: readonly [string, number]): boolean => !today.has(table) && !oids.has(oid)
  return new Map([...former, ...before].filter(isGone))
}

/** The form of a gap id. The prefix makes YAML read every gap id as text. */
export const GAP_ID = /^gap-[0-9a-f]{8}$/

/**
 * The id by which a person accepts gaps. The id stays the same while the gaps are open. Gaps that open after others were closed get another
 * id, even for the same tables and the same reason. Null: the WAL cannot be read, even if a person accepts the gaps.
 */
export function gapId(gaps: CatalogueVerdict['gaps'], known: KnownCatalogue, epoch: number): string | null {
  if ([...gaps.values()].some(({ isReadable }) => !isReadable)) return null
  const noted = [...gaps].map(([table, { reason }]) => `${table}: ${reason}`).sort()
  const digest = hash('sha256', JSON.stringify([epoch, known.closings, known.publication, noted]))
  return `gap-${digest.slice(0, 8)}`
}
