/** Why a row, or one state of it, is not captured as an entity. */
export type SkipReason =
  /** The company column is null: the row belongs to no company yet. */
  | 'companyMissing'
  /** The company is empty, longer than 128 characters, or contains a space, a control character or a character beyond ASCII. */
  | 'companyInvalid'
  /** A column of the id is null, or the whole id is empty. */
  | 'idMissing'
  /** The id is longer than 1,024 characters. */
  | 'idTooLong'
  /** The change is of a table that the capture file does not name. */
  | 'tableUnknown'
  /** The row is of another table that has, or had, the captured table's name. When a person accepts the gap, receivers fetch again. */
  | 'tableReplaced'
