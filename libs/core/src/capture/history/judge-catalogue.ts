import { hash } from 'node:crypto'
import type { ResyncReason } from '@hooklane/contracts/public'
import type { CatalogueFacts, KnownCatalogue, TableOids } from './catalogue.js'
import { unloggedChange } from './judge-partitions.js'
import { publicationGaps, type PublicationGap } from './judge-publication.js'

export interface CatalogueQuestion {
  /** Of the publication. */
  readonly name: string
  readonly known: KnownCatalogue
  readonly facts: CatalogueFacts
  /** Tables that were captured until now. */
  readonly before: TableOids
  /** Tables whose gaps a person has accepted. */
  readonly accepted: ReadonlySet<string>
  /** Table → transactions (`xid`) whose TRUNCATE of it stands in the log. */
  readonly truncatedBy: ReadonlyMap<string, ReadonlySet<string>>
}

export interface CatalogueVerdict {
  /** Tables of which changes are missing: refused, and nothing else holds. */
  readonly gaps: ReadonlyMap<string, PublicationGap>
  /** Tables whose gaps are announced instead, whatever was noted of them. */
  readonly excused: ReadonlySet<string>
  /** Tables whose entities receivers have to fetch again, and why. One reason each: what to do is the same. */
  readonly announced: ReadonlyMap<string, ResyncReason>
  /** Tables that were captured earlier, from now on. */
  readonly former: TableOids
}

/**
 * What has happened to the tables of a source that the log does not say.
 *
 * - A table that the capture file takes out and names again later is announced: what is missing in between was left out by order.
 * - A table that is named for the first time is captured from now on.
 * - Of all others either everything was published, or there is a gap, which is refused, or which a person has accepted and is announced.
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
 * Tables that were captured earlier and are not today. A table is the same under another name, and a name stays captured with another table
 * under it.
 */
export function formerTables(former: TableOids, before: TableOids, today: TableOids): TableOids {
  const oids = new Set(today.values())
  const isGone = ([table, oid]: readonly [string, number]): boolean => !today.has(table) && !oids.has(oid)
  return new Map([...former, ...before].filter(isGone))
}

/** What `gapId` makes. In a YAML file it is text, whatever its digits are. */
export const GAP_ID = /^gap-[0-9a-f]{8}$/

/**
 * The name under which a person accepts gaps: the same for as long as they are open. A gap that comes after one was closed has another, also where
 * it is of the same tables for the same reason. Null: accepting them would not make the log readable.
 */
export function gapId(gaps: CatalogueVerdict['gaps'], known: KnownCatalogue, epoch: number): string | null {
  if ([...gaps.values()].some(({ isReadable }) => !isReadable)) return null
  const noted = [...gaps].map(([table, { reason }]) => `${table}: ${reason}`).sort()
  const digest = hash('sha256', JSON.stringify([epoch, known.closings, known.publication, noted]))
  return `gap-${digest.slice(0, 8)}`
}
