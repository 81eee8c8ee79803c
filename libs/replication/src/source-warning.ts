/** Something that a person should know about a source. The source is read nevertheless. */
export interface SourceWarning {
  readonly code: 'COLUMNS_NOT_LOGGED' | 'COLUMNS_ABSENT' | 'CHILD_TABLES' | 'SLOT_NOT_SYNCHRONIZED' | 'TYPE_GONE'
  readonly message: string
}
