import type { JsonObject, Revision } from '@hooklane/contracts/public'
import type { SkipReason } from './skip-reason.js'

/** Who changed an entity. */
export type Actor = NonNullable<Revision['actor']>

/** What a row is: an entity of a company, or no entity (not yet, not any more, or never). */
export type RowIdentity =
  | {
      readonly isEntity: true
      readonly companyId: string
      /** Key of the entity, unique in its source across all tables. Not for people. */
      readonly identity: string
    }
  | {
      readonly isEntity: false
      /** Null when the capture file says that the row is no entity: softly deleted, or outside `when`. */
      readonly reason: SkipReason | null
      /** The same key, if company and id can be read; otherwise null. */
      readonly identity: string | null
    }

/** The entity's own version counter: a number while it is a safe integer, otherwise the text of the column. */
export type EntityVersion = number | string | null

/** One state of an entity, as events carry it. */
export interface EntityState {
  readonly companyId: string
  readonly id: string
  readonly key: string | null
  readonly url: string | null
  readonly version: EntityVersion
  readonly actor: Actor | null
  readonly data: JsonObject
  /** Characters of the names and texts that `data` was read from. If they are few, the event cannot be too large and is not measured. */
  readonly characters: number
}
