import type { Queryable } from '../connection/queryable.js'
import { sql } from '../sql.js'

/** An entry of the catalogue of what can be subscribed to. */
export interface EventTypeEntry {
  /** `products.created` */
  readonly name: string
  readonly resource: string
  readonly action: string
  /** One line for people. */
  readonly title: string
  /** The producer that yields it. */
  readonly source: string
}

const UPSERT = sql('event-types-upsert')

/** Enters event types into the catalogue; known ones take the new description. Names must be unique. */
export async function upsertEventTypes(db: Queryable, entries: readonly EventTypeEntry[]): Promise<void> {
  if (entries.length === 0) return
  await db.query(UPSERT, [
    entries.map((entry) => entry.name),
    entries.map((entry) => entry.resource),
    entries.map((entry) => entry.action),
    entries.map((entry) => entry.title),
    entries.map((entry) => entry.source),
  ])
}
