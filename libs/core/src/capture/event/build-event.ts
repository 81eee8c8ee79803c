import type { EntityEvent, Revision } from '@hooklane/contracts/public'
import { capturedEventId } from '../../kernel/identity/ids.js'
import type { Actor, EntityState, EntityVersion } from '../entity/entity-state.js'
import type { RowReader } from '../entity/row-reader.js'
import { formatPosition, type ChangePlace } from '../position.js'
import type { TransactionInfo } from '../row-change.js'
import { stateHash } from '../../kernel/json/canonical-json.js'
import { diffStates, leafPaths } from './diff-states.js'
import type { TransactionContext } from './emitted-context.js'

/** What a whole transaction did to one entity. */
export type EntityChange =
  | { readonly operation: 'create'; readonly after: EntityState }
  | { readonly operation: 'update'; readonly before: EntityState; readonly after: EntityState }
  | {
      readonly operation: 'delete'
      /** The entity as it stood before the transaction. */
      readonly before: EntityState
      /** The entity's last state in the transaction before it was gone. */
      readonly last: EntityState
      readonly departure: Departure | null
    }

/** Version and actor of a row after its soft deletion. If the row itself was deleted, there is none. */
export interface Departure {
  readonly version: EntityVersion
  readonly actor: Actor | null
}

/** The place of an event in its transaction: the place of the entity's first row change. */
export interface EventPlace extends ChangePlace {
  /** Number of the row change among those of captured tables, from 0; a change of one entity into another counts twice. For people. */
  readonly ordinal: number
}

/** The transaction of a change. */
export interface EventTransaction {
  readonly info: TransactionInfo
  /** Row changes of the transaction, counted as `FoldReport.rowChanges` does. */
  readonly size: number
  readonly context: TransactionContext
}

/**
 * Builds the event of a change; null when an update changed nothing but ignored columns. Every member of the record `event/1` that a
 * captured event can know is set. `number` is the version of the row after the change or, when the row is gone, its last version.
 * `previous` is the version before the transaction.
 */
export function buildEvent(
  reader: RowReader,
  change: EntityChange,
  { place, transaction }: { readonly place: EventPlace; readonly transaction: EventTransaction },
): EntityEvent | null {
  const facts = factsOf(reader, change)
  if (!facts) return null
  const { source, table } = reader
  const { info, context, size } = transaction
  const { state } = facts
  const position = formatPosition({ ...place, epoch: source.epoch, commitLsn: info.commitLsn })
  const at = new Date(info.committedAtMs).toISOString()
  return {
    id: capturedEventId(source.name, position),
    producer: source.name,
    type: `${table.resource}.${ACTIONS[change.operation]}`,
    companyId: state.companyId,
    subscriptionId: null,
    entity: { type: table.entity, id: state.id, key: state.key, url: change.operation === 'delete' ? null : state.url },
    occurredAt: at,
    revision: {
      id: position,
      operation: change.operation,
      number: facts.number,
      previous: facts.previous,
      at,
      changed: facts.changed,
      changes: facts.changes,
      actor: context.actor ?? facts.actor ?? { type: null, id: null, name: null },
      source: context.source ?? { kind: null, id: null, app: null, hops: 0 },
      correlationId: context.correlationId,
      causationId: context.causationId,
      stateHash: change.operation === 'delete' ? null : stateHash(state.data),
      transaction: { id: info.xid, index: place.ordinal, size },
    },
    batch: context.batch,
    data: state.data,
  }
}

/** The part of an event type after the dot. */
export const ACTIONS = { create: 'created', update: 'updated', delete: 'deleted' } as const

interface EventFacts {
  readonly state: EntityState
  readonly number: EntityVersion
  readonly previous: EntityVersion
  readonly changed: string[]
  readonly changes: NonNullable<Revision['changes']>
  readonly actor: Actor | null
}

function factsOf(reader: RowReader, change: EntityChange): EventFacts | null {
  switch (change.operation) {
    case 'create': {
      const state = change.after
      const changed = leafPaths(state.data, reader.table.id)
      return { state, number: state.version, previous: null, changed, changes: [], actor: state.actor }
    }
    case 'update': {
      const { before, after: state } = change
      const changes = diffStates(before.data, state.data, reader.ignoredColumns)
      if (changes.length === 0) return null
      const changed = changes.map((one) => one.path)
      return { state, number: state.version, previous: before.version, changed, changes, actor: state.actor }
    }
    case 'delete': {
      const { before, last: state, departure } = change
      const number = departure ? departure.version : state.version
      return { state, number, previous: before.version, changed: [], changes: [], actor: departure?.actor ?? null }
    }
  }
}
