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
  SourceRefused,
  untellable,
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
 * Invariant: `handedOn` is the position of the last event given to the publisher. After a reconnect the same transactions come again;
 * what is not above it is on its way already. The last one that was told is `expected` among them: a database that was set back and has
 * gone on since has another one in its place, and what it holds before that place would be taken for copies.
 */
export class CapturedSource implements TransactionConsumer {
  private fold: TransactionFolder | null = null
  private handedOn = ''
  private handedOnTransaction: ToldTransaction | null = null
  private expected: ToldTransaction | null = null
  /** What Kafka said at the start of the process; undefined before it was asked. */
  private published: PublishedPosition | null | undefined

  constructor(private readonly options: CapturedSourceOptions) {}

  /** @throws SourceRefused when the epoch went back, or changes are known to be missing under it */
  async history(): Promise<SourceHistory> {
    const { source } = this.options.reader
    const mark = await this.options.marks.read()
    const last = mark ? readPosition(mark.position) : await this.lastPublished()
    if (last === null) return { kind: 'none' }
    if (last.epoch < source.epoch) return { kind: 'over' }
    if (last.epoch > source.epoch) throw this.epochWentBack(last)
    const captured = new Set(source.tables.map(qualifiedName))
    const gaps = new Map([...(mark?.gaps ?? [])].filter(([table]) => captured.has(table)))
    if (gaps.size > 0) throw new ChangesMissing(gaps, this.options.replicated)
    return { kind: 'open', upTo: last.text, tables: mark?.tables ?? new Map<string, number>() }
  }

  /** @throws SourceRefused when the database has not reached what was published: it was set back, or is another one */
  async connected(slot: ReadySlot, tables: TableOids): Promise<void> {
    const { source } = this.options.reader
    const mark = await this.options.marks.read()
    // The database may have been set back while we were connected to it: what this process handed on is asked about every time.
    const published = await this.lastPublished()
    const known = [this.handedOn, mark?.position ?? '', published?.text ?? '']
    const last = readPosition(known.sort().at(-1) ?? '')
    const isOfEpoch = last !== null && last.epoch === source.epoch
    if (isOfEpoch && last.commitLsn > slot.walEndLsn) throw this.databaseIsBehind(last)
    const told = later(this.handedOnTransaction, published?.transaction ?? null)
    this.expected = isOfEpoch && told !== null && told.commitLsn >= slot.confirmedLsn ? told : null
    // What is confirmed lies before this place; the next commit may begin exactly there.
    const confirmed = formatPosition({ epoch: source.epoch, commitLsn: slot.confirmedLsn - 1n, ordinal: 0 })
    await this.options.marks.begin(isOfEpoch && last.text > confirmed ? last.text : confirmed, tables)
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
      throw untellable(
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
      if (position <= this.handedOn) continue
      marks.handOn(position)
      await publisher.add(eventRecord(topic, event, position))
      this.handedOn = position
      this.handedOnTransaction = { commitLsn: transaction.commitLsn, xid: transaction.xid }
    }
    const { handedOn } = this
    publisher.whenDurable(() => {
      marks.settle(handedOn)
      acknowledge(transaction.commitEndLsn)
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

  private async lastPublished(): Promise<PublishedPosition | null> {
    if (this.published === undefined) {
      const events = [...(await this.options.lastPositions()).values()]
      const last = events.sort((a, b) => (a.position < b.position ? -1 : 1)).at(-1)
      const position = readPosition(last?.position ?? '')
      const xid = last?.transactionId ?? null
      const transaction = position === null || xid === null ? null : { commitLsn: position.commitLsn, xid }
      this.published = position === null ? null : { ...position, transaction }
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
    const reason = `the log does not hold transaction ${expected.xid}, which was told: the database was restored, or is another one`
    const { tables } = this.options.reader.source
    throw new ChangesMissing(new Map(tables.map((table) => [qualifiedName(table), reason])), this.options.replicated)
  }

  private epochWentBack(last: Published): SourceRefused {
    const { source } = this.options.reader
    return new SourceRefused(
      'POSITION_BEHIND',
      `the capture file gives ${source.name} the epoch ${source.epoch}, but it was read under ${last.epoch} already: write ${last.epoch} to ` +
        `go on where it was, or ${last.epoch + 1} to begin anew, and restart the event-producer`,
    )
  }

  private databaseIsBehind(last: Published): SourceRefused {
    const { source } = this.options.reader
    return new SourceRefused(
      'POSITION_BEHIND',
      `${source.name} has published up to ${last.text}, which this database has not reached: it is another one, or was restored. New ` +
        `events would be taken for copies. To go on from now, ${this.options.replicated.beginAnew}`,
    )
  }
}

interface Published {
  readonly text: string
  readonly epoch: number
  readonly commitLsn: bigint
}

/** A transaction of which an event was told. */
interface ToldTransaction {
  readonly commitLsn: bigint
  readonly xid: string
}

interface PublishedPosition extends Published {
  readonly transaction: ToldTransaction | null
}

const later = (a: ToldTransaction | null, b: ToldTransaction | null): ToldTransaction | null =>
  a !== null && (b === null || a.commitLsn > b.commitLsn) ? a : b

function readPosition(text: string): Published | null {
  const position = parsePosition(text)
  return position === null ? null : { text, ...position }
}

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
