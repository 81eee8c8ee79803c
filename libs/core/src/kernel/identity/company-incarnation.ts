/** What records and configuration without a number are of. */
export const FIRST_INCARNATION = 1

/** A company as it was made, or made again. */
export interface CompanyIncarnation {
  readonly id: string
  readonly incarnation: number
}

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
 * Whether a record is of a deleted company, however late it comes: a company that is made again under the id must not read it. Nothing is known
 * of companies that were never made in this database, so they count as not deleted.
 */
export function isOfEndedCompany(record: RecordOwner, known: ReadonlyMap<string, KnownCompany>): boolean {
  const company = known.get(record.companyId)
  if (!company) return false
  const incarnation = record.companyIncarnation ?? FIRST_INCARNATION
  return incarnation < company.incarnation || (incarnation === company.incarnation && company.isEnded)
}
