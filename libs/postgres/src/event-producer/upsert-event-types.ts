import type { Queryable } from '../connection/queryable.js'
import { sql } from '../sql.js'

/** An entry of the catalogue of event types. */
export interface EventTypeEntry {
  /** `products.created` */
  readonly name: string
  readonly resource: string
  readonly action: string
  /** One line of text for people. */
  readonly title: string
  /** The producer of events of this type. */
  readonly source: string
}

const UPSERT = sql('event-types-upsert')

/** Adds event types to the catalogue. Existing ones get the new resource, action and title, but keep their source. Names must be unique. */
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
