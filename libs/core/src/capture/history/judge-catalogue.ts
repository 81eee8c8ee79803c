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
  /** Tables of which changes are missing. If there are any, the source is refused, and the rest of the verdict does not count. */
  readonly gaps: ReadonlyMap<string, PublicationGap>
  /** Tables whose gaps are announced instead of refused. */
  readonly excused: ReadonlySet<string>
  /** Tables whose entities receivers have to fetch again, and why. One reason each: what to do is the same. */
  readonly announced: ReadonlyMap<string, ResyncReason>
  /** The tables that count as captured earlier from now on. */
  readonly former: TableOids
}

/**
 * Judges what has happened to the tables of a source without being in the WAL.
 *
 * - A table that the capture file stopped naming and names again is announced: the changes in between were left out on purpose.
 * - A table that is named for the first time is captured from now on.
 * - For every other table, either everything was published, or there is a gap. A gap is refused, or announced if a person has accepted it.
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
 * Tables that were captured earlier and are not captured today. A table that was renamed is still the same table, and a name that is given
 * to another table stays captured.
 */
export function formerTables(former: TableOids, before: TableOids, today: TableOids): TableOids {
  const oids = new Set(today.values())
  const isGone = ([table, oid]: readonly [string, number]): boolean => !today.has(table) && !oids.has(oid)
  return new Map([...former, ...before].filter(isGone))
}

/** The form of what `gapId` returns. YAML reads it as text, whatever its digits are. */
export const GAP_ID = /^gap-[0-9a-f]{8}$/

/**
 * The id by which a person accepts gaps. It stays the same as long as they are open. A gap that opens after another one was closed has
 * another id, even for the same tables and the same reason. Null: accepting them would not make the WAL readable.
 */
export function gapId(gaps: CatalogueVerdict['gaps'], known: KnownCatalogue, epoch: number): string | null {
  if ([...gaps.values()].some(({ isReadable }) => !isReadable)) return null
  const noted = [...gaps].map(([table, { reason }]) => `${table}: ${reason}`).sort()
  const digest = hash('sha256', JSON.stringify([epoch, known.closings, known.publication, noted]))
  return `gap-${digest.slice(0, 8)}`
}
