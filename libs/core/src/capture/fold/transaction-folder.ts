import type { EntityEvent } from '@hooklane/contracts/public'
import { CaptureError } from '../capture-error.js'
import { qualifiedName } from '../capture-configuration.js'
import type { EntityState, RowIdentity } from '../entity/entity-state.js'
import type { RowReader } from '../entity/row-reader.js'
import { buildEvent, type Departure, type EntityChange, type EventPlace } from '../event/build-event.js'
import { MAX_PATH_BYTES } from '../event/diff-states.js'
import {
  MAX_CONTEXT_BYTES,
  mergeContext,
  NO_CONTEXT,
  type ContextFault,
  type TransactionContext,
} from '../event/emitted-context.js'
import { DEFAULT_MAX_EVENT_BYTES, limitEventSize } from '../event/limit-event-size.js'
import type { LogPlace, Side } from '../position.js'
import type { EmittedContext, Relation, Row, RowChange, TransactionInfo } from '../row-change.js'
import type { RowReaders } from '../entity/row-readers.js'
import { ImageStore, type Image, type ImageStoreOptions } from '../spool/image-store.js'
import type { RowImage } from '../spool/row-image.js'
import { EntityChanges, outcomeOf, type EntityEntry } from './entity-changes.js'
import type { FoldReport, ChangeWithoutRows } from './fold-report.js'
import { SkipTally } from './skip-tally.js'

export interface TransactionFolderOptions {
  /** Opens the spool file when the row states exceed `memoryLimit`; never called for a small transaction. */
  readonly openSpool: ImageStoreOptions['openSpool']
  /** See `ImageStoreOptions.memoryLimit`. */
  readonly memoryLimit?: number
  readonly maxEventBytes?: number
}

/** About 16 million characters of row states: some 10,000 rows of 1.5 KB. */
export const DEFAULT_MEMORY_LIMIT = 16 * 1024 * 1024

/**
 * Folds one transaction into at most one event per entity. One object per transaction, used once.
 *
 * - Only the states of an entity before and after the transaction count. An entity that exists only before is *deleted*; the event holds
 *   its last state in the transaction. An entity that exists only after is *created*. An entity that exists before and after, with
 *   different states, is *updated*. Any other entity yields no event.
 * - So insert + update = created, insert + delete = nothing, delete + insert of one key = updated. Soft deletions, rows that leave `when`,
 *   changed keys and changed companies follow from the same rule.
 * - An event has the place of its entity's first row change. A change that turns one entity into another makes two events, each with its
 *   own position: first the departure, then the arrival.
 * - When the row states exceed `memoryLimit`, all of them move to the spool (a file). Some 300 bytes per touched entity stay in memory.
 */
export class TransactionFolder {
  private readonly images: ImageStore
  private readonly changes: EntityChanges
  private readonly skipped = new SkipTally()
  private readonly truncated = new Set<string>()
  private readonly changesWithoutRows: ChangeWithoutRows[] = []
  /** Resources whose row changes were published under the name of another table. */
  private readonly hidden = new Set<string>()
  private readonly refilled = new Set<string>()
  private readonly contextFaults = new Map<ContextFault, number>()
  private context: TransactionContext = NO_CONTEXT
  private ordinal = 0

  constructor(
    private readonly source: RowReaders,
    private readonly options: TransactionFolderOptions,
  ) {
    const { openSpool, memoryLimit = DEFAULT_MEMORY_LIMIT } = options
    this.images = new ImageStore({ openSpool, memoryLimit })
    this.changes = new EntityChanges(this.images)
  }

  /** Adds a message that was emitted beside the changes. Messages with another prefix than `hooklane` are ignored. */
  addContext(message: EmittedContext): void {
    const { context, faults } = mergeContext(this.context, message)
    this.context = context
    for (const fault of faults) this.contextFaults.set(fault, (this.contextFaults.get(fault) ?? 0) + 1)
  }

  /**
   * Adds the next row change with its place, in the order of the WAL. Returns a promise only when the spool has to be written: await it
   * before the next call.
   * @throws CaptureError when the change cannot be understood with this capture file
   */
  add(change: RowChange, place: LogPlace): Promise<void> | undefined {
    const reader = this.source.readerOf(change.relation)
    if (!reader) this.addForeign(change.relation, place)
    else if (change.op === 'truncate') this.addTruncate(reader, place)
    else this.addRow(reader, change, place)
    if (this.images.mustSpill()) this.changes.spill()
    return this.images.mustWrite() ? this.images.write() : undefined
  }

  /**
   * Call this instead of `add` for a row change of a transaction whose events are all published. The change is not read, because it may not
   * fit the present capture file. It is only noted for `refilled` in the report.
   */
  passOver({ relation }: RowOnlyChange): void {
    const reader = this.source.readerOf(relation)
    if (reader) this.noteRefilled(reader)
  }

  /** The events, in the order of their positions. Call once, after the last `add`. */
  async *events(transaction: TransactionInfo): AsyncGenerator<EntityEvent, void, undefined> {
    const { maxEventBytes = DEFAULT_MAX_EVENT_BYTES } = this.options
    // A transaction that fitted into memory has nothing to write.
    await this.images.write()
    const whole = { info: transaction, size: this.ordinal, context: this.context }
    for (const entry of this.changes.entries()) {
      const change = await this.changeOf(entry)
      if (!change) continue
      const event = buildEvent(entry.reader, change, { place: entry.place, transaction: whole })
      if (event) yield mayExceed(change, maxEventBytes) ? limitEventSize(event, maxEventBytes) : event
    }
  }

  report(): FoldReport {
    return {
      rowChanges: this.ordinal,
      skipped: this.skipped.report(),
      contextFaults: this.contextFaults,
      truncated: [...this.truncated],
      changesWithoutRows: this.changesWithoutRows,
      refilled: this.refilled,
    }
  }

  /** Removes the spool, if there is one. Call always, also after a failure. */
  discard(): Promise<void> {
    return this.images.discard()
  }

  private addForeign(relation: Relation, place: LogPlace): void {
    const hidden = relation.hides && this.source.readerOf(relation.hides)
    if (hidden) this.addHidden(hidden, place)
    else this.skipped.add(relation.isReplaced ? 'tableReplaced' : 'tableUnknown', null, { relation, row: null })
  }

  /** One announcement per transaction and table is enough, because it asks receivers to fetch the whole table. */
  private addHidden({ table: { resource } }: RowReader, place: LogPlace): void {
    if (this.hidden.has(resource)) return
    this.hidden.add(resource)
    this.changesWithoutRows.push({ reason: 'publication', place, resources: [resource] })
  }

  private addTruncate(reader: RowReader, place: LogPlace): void {
    this.ordinal++
    this.truncated.add(qualifiedName(reader.table))
    const { resource } = reader.table
    const last = this.changesWithoutRows.at(-1)
    if (last?.place.lsn === place.lsn)
      this.changesWithoutRows.splice(-1, 1, { ...last, resources: [...last.resources, resource] })
    else this.changesWithoutRows.push({ reason: 'truncated', place, resources: [resource] })
    this.changes.clear(reader)
  }

  private noteRefilled({ table: { resource } }: RowReader): void {
    if (this.changesWithoutRows.length > 0) this.refilled.add(resource)
  }

  private addRow(reader: RowReader, change: RowOnlyChange, at: LogPlace): void {
    requireOldRow(reader, change)
    this.noteRefilled(reader)
    const { relation } = change
    const left = change.op === 'insert' ? null : known(reader, relation, change.before)
    const entered = change.op === 'delete' ? null : known(reader, relation, change.after)
    this.noteSkipped(reader, entered ?? left)
    const leaving = asEntity(left)
    const entering = asEntity(entered)
    if (leaving?.is.identity === entering?.is.identity) {
      // The row is the same entity before and after, or no entity on either side. If it is no entity, only the row change is counted.
      if (!leaving || !entering) this.ordinal++
      else {
        const entry = this.changes.entryOf(leaving.is.identity, reader, this.nextPlace(at, 'departure'))
        this.changes.replace(entry, leaving.image, entering.image)
      }
      return
    }
    if (leaving) {
      const departure = this.departureOf(reader, leaving.is.identity, entered)
      const entry = this.changes.entryOf(leaving.is.identity, reader, this.nextPlace(at, 'departure'))
      this.changes.leave(entry, leaving.image, departure)
    }
    if (entering) {
      const entry = this.changes.entryOf(entering.is.identity, reader, this.nextPlace(at, 'arrival'))
      this.changes.enter(entry, entering.image)
    }
  }

  private noteSkipped(reader: RowReader, decisive: KnownRow | null): void {
    if (decisive === null || decisive.is.isEntity || decisive.is.reason === null) return
    this.skipped.add(decisive.is.reason, reader, decisive.image)
  }

  private nextPlace({ lsn, index }: LogPlace, side: Side): EventPlace {
    return { lsn, index, side, ordinal: this.ordinal++ }
  }

  private departureOf(reader: RowReader, identity: string, after: KnownRow | null): Departure | null {
    if (after === null || after.is.isEntity || after.is.identity !== identity) return null
    const { relation, row } = after.image
    return { version: reader.versionOf(relation, row), actor: reader.actorOf(relation, row) }
  }

  private async changeOf(entry: EntityEntry): Promise<EntityChange | null> {
    const { before, after, last } = outcomeOf(entry)
    if (last === null || (before === null && after === null)) return null
    const lastState = await this.stateOf(entry, last)
    if (before === null) return { operation: 'create', after: lastState }
    const initial = last === before ? lastState : await this.stateOf(entry, before)
    return after === null
      ? { operation: 'delete', before: initial, last: lastState, departure: entry.departure }
      : { operation: 'update', before: initial, after: lastState }
  }

  private async stateOf(entry: EntityEntry, image: Image): Promise<EntityState> {
    return entry.reader.state(image.relation, await this.images.load(image))
  }
}

/** Maximum bytes of a character in JSON: a control character is written as an escape such as `\u0001`. */
const MAX_BYTES_PER_CHARACTER = 6
/** Maximum bytes of an event's paths, context, id, key, version, actor and fixed members, whatever the rows hold. */
const MAX_BYTES_BESIDE_VALUES = MAX_PATH_BYTES + 5 * MAX_CONTEXT_BYTES + 64 * 1024

/**
 * Whether an event may be too large. The upper bound is computed from the number of characters in the rows, so that small events (nearly
 * all) need not be measured.
 */
function mayExceed(change: EntityChange, maxEventBytes: number): boolean {
  const { characters } = change.operation === 'delete' ? change.last : change.after
  const inChanges = change.operation === 'update' ? change.before.characters + characters : 0
  return (characters + inChanges) * MAX_BYTES_PER_CHARACTER + MAX_BYTES_BESIDE_VALUES > maxEventBytes
}

type RowOnlyChange = Exclude<RowChange, { op: 'truncate' }>

interface KnownRow {
  readonly is: RowIdentity
  readonly image: RowImage
}

interface EntityRow extends KnownRow {
  readonly is: Extract<RowIdentity, { isEntity: true }>
}

/** Null: there is no row, or it is no entity. */
const asEntity = (row: KnownRow | null): EntityRow | null => (row !== null && isEntityRow(row) ? row : null)
const isEntityRow = (row: KnownRow): row is EntityRow => row.is.isEntity

/** @throws CaptureError when nothing of the old row was logged: a partition may lack the REPLICA IDENTITY FULL that its table has. */
function requireOldRow({ table }: RowReader, change: RowOnlyChange): void {
  if (change.op === 'insert' || (change.relation.replicaIdentity === 'full' && change.before.size > 0)) return
  const message =
    `an update or delete of ${qualifiedName(table)} was logged without the complete old row, because the table, or one of its partitions, ` +
    'lacked REPLICA IDENTITY FULL'
  throw new CaptureError('CAPTURE_IDENTITY_NOT_FULL', message)
}

const known = (reader: RowReader, relation: Relation, row: Row): KnownRow => ({
  is: reader.identify(relation, row),
  image: { relation, row },
})
