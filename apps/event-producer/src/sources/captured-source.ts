import { HEADER, SCHEMA, type EntityEvent } from '@hooklane/contracts'
import {
  CaptureError,
  formatPosition,
  parsePosition,
  qualifiedName,
  TransactionFolder,
  type EmittedContext,
  type FoldReport,
  type OutgoingRecord,
  type RowChange,
  type SourceReader,
  type SpoolFile,
  type TransactionInfo,
} from '@hooklane/core'
import {
  ChangesMissing,
  LOSS_CODES,
  missingOfAll,
  SourceRefused,
  notDecodable,
  type LossCode,
  type ReadySlot,
  type ReplicatedSource,
  type SourceHistory,
  type TableOids,
  type TransactionConsumer,
} from '@hooklane/replication'
import type { MarkKeeper } from '../publishing/mark-keeper.js'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { LastPositions } from '../publishing/published-positions.js'

export interface CapturedSourceOptions {
  readonly reader: SourceReader
  readonly replicated: ReplicatedSource
  readonly topic: string
  readonly publisher: OrderedPublisher
  readonly marks: MarkKeeper
  readonly lastPositions: () => Promise<LastPositions>
  readonly openSpool: () => Promise<SpoolFile>
  readonly acknowledge: (commitEndLsn: bigint) => void
  readonly onTransaction: (transaction: TransactionInfo, report: FoldReport) => void
  /** Ends the publishing when the process ends; nothing to do otherwise. */
  readonly onEnded: () => Promise<void>
}

/**
 * Turns the transactions of a captured database into events. A transaction is folded while it is read; its events are handed to the
 * publisher at its commit, and the log is released when they are durable.
 *
 * Invariant: `lastEnqueued` is the position of the last event given to the publisher. After a reconnect the same transactions come again;
 * what is not above it is on its way already. The last one that was published is `expected` among them: a database that was set back and has
 * gone on since has another one in its place, and what it holds before that place would be taken for copies.
 */
export class CapturedSource implements TransactionConsumer {
  private fold: TransactionFolder | null = null
  private lastEnqueued: Published | null = null
  private expected: Published | null = null
  /** What Kafka said before anything was enqueued; undefined before it was asked. */
  private published: Published | null | undefined

  constructor(private readonly options: CapturedSourceOptions) {}

  /** @throws SourceRefused when the epoch went back, or changes are known to be missing under it */
  async history(): Promise<SourceHistory> {
    const { source } = this.options.reader
    const mark = await this.options.marks.read()
    const last = mark ? publishedPosition(mark.position, mark.xid) : await this.lastPublished()
    if (last === null) return { kind: 'none' }
    if (last.epoch < source.epoch) return { kind: 'over' }
    if (last.epoch > source.epoch) throw this.epochWentBack(last)
    const captured = new Set(source.tables.map(qualifiedName))
    const gaps = [...(mark?.gaps ?? [])]
      .filter(([table]) => captured.has(table))
      .map(([table, { code, reason }]) => [table, { code: lossCode(code), reason }] as const)
    if (gaps.length > 0) throw new ChangesMissing(new Map(gaps), this.options.replicated)
    return { kind: 'open', upTo: last.text, tables: mark?.tables ?? new Map<string, number>() }
  }

  /** @throws SourceRefused when the database has not reached what was published: it was set back, or is another one */
  async connected(slot: ReadySlot, tables: TableOids): Promise<void> {
    const { marks, publisher, reader } = this.options
    const { epoch } = reader.source
    const isOfEpoch = (position: Published): boolean => position.epoch === epoch
    const read = await marks.read()
    const mark = read === null ? null : publishedPosition(read.position, read.xid)
    // Another process has published more since we asked. With a mark it is a short way back.
    if (mark !== null && mark.text > (this.lastEnqueued?.text ?? '')) {
      this.published = undefined
      publisher.readAgain()
    }
    const published = [this.lastEnqueued, mark, await this.lastPublished()]
      .filter((one) => one !== null)
      .filter(isOfEpoch)
    // The database may have been set back while we were connected to it: what this process enqueued is asked about every time.
    const last = latest(published)
    if (last !== null && last.commitLsn > slot.walEndLsn) throw this.databaseIsBehind(last)
    const known = latest(published.filter(({ xid }) => xid !== null))
    this.expected = known !== null && known.commitLsn >= slot.confirmedLsn ? known : null
    // Not `last`: what is enqueued waits for Kafka, and what Kafka has of it may stand in some partitions only.
    const marked = mark !== null && isOfEpoch(mark) ? mark : beforeConfirmed(epoch, slot)
    await marks.begin({ position: marked.text, xid: marked.xid }, tables, last?.text ?? '')
  }

  begin(): void {
    const { reader, openSpool } = this.options
    this.fold = new TransactionFolder(reader, { openSpool })
  }

  change(change: RowChange): Promise<void> | undefined {
    try {
      return this.openFold().add(change)
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      throw notDecodable(
        `the log holds a change that does not fit the capture file (${error.message})`,
        this.options.replicated,
      )
    }
  }

  context(context: EmittedContext): void {
    this.openFold().addContext(context)
  }

  async commit(transaction: TransactionInfo): Promise<void> {
    const { publisher, marks, topic, acknowledge, onTransaction } = this.options
    const fold = this.openFold()
    this.refuseOtherHistory(transaction)
    for await (const event of fold.events(transaction)) {
      const position = event.revision?.id ?? ''
      if (this.lastEnqueued !== null && position <= this.lastEnqueued.text) continue
      marks.noteEnqueued(position)
      await publisher.add(eventRecord(topic, event, position))
      this.lastEnqueued = publishedPosition(position, transaction.xid)
    }
    const { lastEnqueued, expected } = this
    publisher.whenDurable(() => {
      if (lastEnqueued !== null) marks.settle({ position: lastEnqueued.text, xid: lastEnqueued.xid })
      // Before the last one that was published has come, this may be another history, of which nothing may be released.
      if (expected === null) acknowledge(transaction.commitEndLsn)
    })
    onTransaction(transaction, fold.report())
    await this.closeFold()
  }

  async ended(): Promise<void> {
    await this.closeFold()
    await this.options.onEnded()
  }

  private openFold(): TransactionFolder {
    if (!this.fold) throw new Error('a change came outside of a transaction')
    return this.fold
  }

  private async closeFold(): Promise<void> {
    const { fold } = this
    this.fold = null
    await fold?.discard()
  }

  private async lastPublished(): Promise<Published | null> {
    if (this.published === undefined) {
      const events = [...(await this.options.lastPositions()).values()]
      this.published = latest(
        events
          .map(({ position, transactionId }) => publishedPosition(position, transactionId))
          .filter((position) => position !== null),
      )
    }
    return this.published
  }

  private refuseOtherHistory({ commitLsn, xid }: TransactionInfo): void {
    const { expected } = this
    if (expected === null || commitLsn < expected.commitLsn) return
    if (commitLsn === expected.commitLsn && xid === expected.xid) {
      this.expected = null
      return
    }
    throw missingOfAll(this.options.replicated, {
      code: 'CHANGES_MISSING',
      reason: `the log does not hold transaction ${expected.xid}, which was published: the database was restored, or is another one`,
    })
  }

  private epochWentBack(last: Published): SourceRefused {
    const { source } = this.options.reader
    return new SourceRefused(
      'POSITION_BEHIND',
      `the capture file gives ${source.name} the epoch ${source.epoch}, but it was read under ${last.epoch} already: write ${last.epoch} to ` +
        `go on where it was, or ${last.epoch + 1} to start over, and restart the event-producer`,
    )
  }

  private databaseIsBehind(last: Published): SourceRefused {
    const { name } = this.options.reader.source
    return missingOfAll(this.options.replicated, {
      code: 'POSITION_BEHIND',
      reason:
        `${name} has published up to ${last.text}, which this database has not reached: it is another one, or was restored. New events ` +
        `would be taken for copies`,
    })
  }
}

/** A position up to which every event was published, with its transaction where that is known. */
interface Published {
  readonly text: string
  readonly epoch: number
  readonly commitLsn: bigint
  readonly xid: string | null
}

function publishedPosition(text: string, xid: string | null): Published | null {
  const position = parsePosition(text)
  return position === null ? null : { text, epoch: position.epoch, commitLsn: position.commitLsn, xid }
}

/** What is confirmed lies before this place; the next commit may begin exactly there. */
function beforeConfirmed(epoch: number, slot: ReadySlot): Published {
  const commitLsn = slot.confirmedLsn - 1n
  return { text: formatPosition({ epoch, commitLsn, ordinal: 0 }), epoch, commitLsn, xid: null }
}

/** What a later version has noted is missing all the same. */
const lossCode = (code: string): LossCode => LOSS_CODES.find((one) => one === code) ?? 'CHANGES_MISSING'

/** The order of texts is that of positions. */
const latest = (positions: readonly Published[]): Published | null =>
  positions.reduce<Published | null>((last, one) => (last === null || one.text > last.text ? one : last), null)

/** Names of sources are ASCII; the position stands in a header too, so that nobody has to read the event to find it. */
export function eventRecord(topic: string, event: EntityEvent, position: string): OutgoingRecord {
  return {
    topic,
    key: event.companyId,
    value: JSON.stringify(event),
    headers: {
      [HEADER.schema]: SCHEMA.event,
      [HEADER.contentType]: 'application/json',
      [HEADER.producer]: event.producer,
      [HEADER.position]: position,
    },
  }
}
