/** What a person should know of a source that is read all the same. */
export interface SourceWarning {
  readonly code: 'COLUMNS_NOT_LOGGED' | 'COLUMNS_ABSENT' | 'CHILD_TABLES' | 'SLOT_NOT_SYNCHRONIZED' | 'TYPE_GONE'
  readonly message: string
}
