/** What is known of a company: the number of its last incarnation, and whether that one was deleted. */
export interface KnownCompany {
  readonly incarnation: number
  readonly isEnded: boolean
}

/** Whose a record of a delivery is; without a number it is of the first incarnation. */
export interface RecordOwner {
  readonly companyId: string
  readonly companyIncarnation?: number | undefined
}

/**
 * Whether a record speaks of a company that was deleted, however late it comes: a company that is made again under the id must not read it. Nothing is
 * known of companies that were never made in this database, so nothing of theirs has ended.
 */
export function isOfEndedCompany(record: RecordOwner, known: ReadonlyMap<string, KnownCompany>): boolean {
  const company = known.get(record.companyId)
  if (!company) return false
  const incarnation = record.companyIncarnation ?? 1
  return incarnation < company.incarnation || (incarnation === company.incarnation && company.isEnded)
}
