/** The number of a company's first incarnation. Records and configuration without an incarnation belong to it. */
export const FIRST_INCARNATION = 1

/** One incarnation of a company: the number rises each time the company is created again under its id. */
export interface CompanyIncarnation {
  readonly id: string
  readonly incarnation: number
}

/** What is known of a company: the number of its last incarnation, and whether that one was deleted. */
export interface KnownCompany {
  readonly incarnation: number
  readonly isEnded: boolean
}

/** The company that a delivery's record belongs to; without a number, its first incarnation. */
export interface RecordOwner {
  readonly companyId: string
  readonly companyIncarnation?: number | undefined
}

/**
 * Whether a record belongs to a deleted company. Such a record may come late, and a company that is created again under the same id must
 * not see it. Companies that never existed in this database count as not deleted.
 */
export function isOfEndedCompany(record: RecordOwner, known: ReadonlyMap<string, KnownCompany>): boolean {
  const company = known.get(record.companyId)
  if (!company) return false
  const incarnation = record.companyIncarnation ?? FIRST_INCARNATION
  return incarnation < company.incarnation || (incarnation === company.incarnation && company.isEnded)
}
