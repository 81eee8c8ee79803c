import { publicationGaps, type PublicationGap, type PublicationQuestion } from '@hooklane/core/capture'
import type { ReplicatedSource } from './replicated-source.js'
import { ChangesMissing, type RefusedGap } from './source-unreadable.js'

/**
 * Turns gaps (changes of a table that the publication has left out) into the gaps that `ChangesMissing` reports.
 * @param id under which a person can accept the gaps; null: they cannot be accepted
 */
export const refusedGaps = (
  gaps: ReadonlyMap<string, PublicationGap>,
  id: string | null,
): ReadonlyMap<string, RefusedGap> =>
  new Map(
    [...gaps].map(([table, { reason }]) => [
      table,
      { code: 'CHANGES_MISSING', reason, ...(id === null ? {} : { id }) },
    ]),
  )

/** @throws ChangesMissing when the publication has left out changes of the source's tables */
export function refuseGaps(source: ReplicatedSource, question: Omit<PublicationQuestion, 'name'>): void {
  const gaps = publicationGaps({ ...question, name: source.publication })
  if (gaps.size > 0) throw new ChangesMissing(refusedGaps(gaps, null), source)
}
