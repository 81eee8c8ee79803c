import type { Relation, Row } from '../row-change.js'

/** A row of the WAL, with the description that its table had when the row was written. */
export interface RowImage {
  readonly relation: Relation
  readonly row: Row
}
