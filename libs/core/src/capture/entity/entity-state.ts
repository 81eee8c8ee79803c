import type { JsonObject } from '@hooklane/contracts/public'
import type { Actor } from '../event/emitted-context.js'
import type { SkipReason } from '../fold/fold-report.js'

/** What a row is: an entity of a company, or nothing (yet, any more, or at all). */
export type RowIdentity =
  | {
      readonly isEntity: true
      readonly companyId: string
      /** Tells the entities of one source apart, those of different tables too, without ambiguity; not for people. */
      readonly identity: string
    }
  | {
      readonly isEntity: false
      /** Null when the row is no entity by order: softly deleted, or outside `when`. */
      readonly reason: SkipReason | null
      /** As above, where company and id can be read. */
      readonly identity: string | null
    }

/** The entity's own version counter: a number while it is a safe integer, otherwise the text of the column. */
export type EntityVersion = number | string | null

/** One state of an entity, as events tell it. */
export interface EntityState {
  readonly companyId: string
  readonly id: string
  readonly key: string | null
  readonly url: string | null
  readonly version: EntityVersion
  readonly actor: Actor | null
  readonly data: JsonObject
  /** Of the names and texts that `data` was read from: tells cheaply whether an event can be large at all. */
  readonly characters: number
}
