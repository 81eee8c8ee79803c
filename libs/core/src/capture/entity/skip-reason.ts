/** Why a row, or the state of a row, is no entity although its table is captured. */
export type SkipReason =
  /** The company column is null: the row belongs to no company yet. */
  | 'companyMissing'
  /** The company is empty, longer than 128 characters, or contains a space or a character beyond ASCII. */
  | 'companyInvalid'
  /** A column of the id is null, or the whole id is empty. */
  | 'idMissing'
  /** The id is longer than 1,024 characters. */
  | 'idTooLong'
  /** The change is of a table that the capture file does not name. */
  | 'tableUnknown'
  /** Another table has, or had, the captured table's name. Whoever accepts that is told to fetch all of it again. */
  | 'tableReplaced'
