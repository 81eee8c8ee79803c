import type { Relation, Row } from '../row-change.js'

/** A row of the WAL with the shape it had. */
export interface RowImage {
  readonly relation: Relation
  readonly row: Row
}
