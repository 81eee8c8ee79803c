import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm'

/** A request for a part of a list: at most `limit` rows after a position (null: from the start). */
export interface PageRequest<Position> {
  readonly limit: number
  readonly after: Position | null
}

export interface Page<Row, Position> {
  readonly rows: readonly Row[]
  /** The position after which the next page starts; null: this is the last page. */
  readonly next: Position | null
}

/** A position in a list of configured resources, which is sorted from the oldest to the newest. */
export interface CreationCursor {
  /** ISO 8601 with milliseconds. */
  readonly createdAt: string
  readonly id: string
}

/** Reads one page in creation order, by keyset pagination: page 10,000 is as fast as the first. */
export async function pageByCreation<Row extends ObjectLiteral & { id: string; createdAt: Date }>(
  query: SelectQueryBuilder<Row>,
  page: PageRequest<CreationCursor>,
): Promise<Page<Row, CreationCursor>> {
  const { alias } = query
  if (page.after) {
    query.andWhere(`(${alias}.created_at, ${alias}.id) > (:afterCreatedAt::timestamptz, :afterId::text)`, {
      afterCreatedAt: page.after.createdAt,
      afterId: page.after.id,
    })
  }
  const rows = await query
    .orderBy(`${alias}.createdAt`)
    .addOrderBy(`${alias}.id`)
    .limit(page.limit + 1)
    .getMany()
  return cut(rows, page.limit, (row) => ({ createdAt: row.createdAt.toISOString(), id: row.id }))
}

/** Makes a page of rows that were read with `limit + 1`. The extra row only shows that there is a next page. */
export function cut<Row, Position>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => Position,
): Page<Row, Position> {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return { rows: kept, next: rows.length > limit && last !== undefined ? positionOf(last) : null }
}
