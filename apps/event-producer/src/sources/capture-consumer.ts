import {
  CaptureError,
  positionBefore,
  TransactionFolder,
  type CaptureSource,
  type CatalogueFacts,
  type EmittedContext,
  type FoldReport,
  type FoundHistory,
  type LogPlace,
  type RowChange,
  type SpoolFile,
  type TransactionInfo,
} from '@hooklane/core/capture'
import {
  notDecodable,
  type CatalogueAccess,
  type LogRelease,
  type PreparedSource,
  type ReplicatedSource,
  type SourceHistory,
  type TransactionBegin,
  type TransactionConsumer,
} from '@hooklane/replication'
import type { MarkKeeper } from '../marks/mark-keeper.js'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { LastPositions } from '../publishing/published-positions.js'
import { Announcer } from './announcer.js'
import { inOrder } from './announced-events.js'
import type { CatalogueWatch } from './catalogue-watch.js'
import { eventRecord, placedEvents, type PlacedEvent } from './event-record.js'
import {
  foldingOfFile,
  resumedFolding,
  type CurrentFileOptions,
  type FoldingConfiguration,
} from './folding-configuration.js'
import type { HiddenColumns } from './hidden-columns.js'
import { endOf, latestPlace, markedPlace, publishedPlace, type PublishedPlace } from './published-place.js'
import { PublishedInKafka } from './published-in-kafka.js'
import { historyDiverged, historyOf } from './source-history.js'
import { decideLogStart } from './decide-log-start.js'

export interface CaptureConsumerOptions {
  /** The source as the current capture file defines it. */
  readonly capture: CaptureSource
  readonly replicated: ReplicatedSource
  readonly topic: string
  readonly publisher: OrderedPublisher
  readonly marks: MarkKeeper
  readonly lastPositions: () => Promise<LastPositions>
  readonly openSpool: () => Promise<SpoolFile>
  readonly acknowledge: (commitEndLsn: bigint) => void
  readonly announcer: Announcer
  readonly catalogue: CatalogueWatch
  readonly columns: HiddenColumns
  readonly onTransaction: (transaction: TransactionInfo, report: FoldReport) => void
  /** Called when reading has ended. Stops publishing if the process is about to end. */
  readonly onEnded: () => Promise<void>
}

/**
 * Turns the transactions of a captured database into events: a transaction is folded into at most one event per entity while it is read.
 * At its commit, its events are given to the publisher. The WAL is released once they are in Kafka and the mark (`MarkKeeper`) says so.
 *
 * Invariant: `lastEnqueued` is the position of the last event that was given to the publisher; it may lie within a transaction whose commit
 * failed. After a reconnect the same transactions are read again, and events up to `lastEnqueued` are skipped. `expected` is the last
 * published transaction, until it is read again. If the database was restored and moved on, another transaction stands in its place, and
 * the changes before that place would be mistaken for duplicates.
 */
export class CaptureConsumer implements TransactionConsumer {
  private fold: TransactionFolder | null = null
  private folding: FoldingConfiguration | null = null
  private prepared: PreparedSource | null = null
  private lastEnqueued: PublishedPlace | null = null
  /** Like `lastEnqueued`, for the last transaction whose events were all given to the publisher. */
  private lastWhole: PublishedPlace | null = null
  private expected: PublishedPlace | null = null
  /** Transactions up to this commit LSN are certain to be in Kafka as a whole. */
  private publishedLsn = 0n
  /** Whether the transaction that is being read is certain to be in Kafka as a whole. */
  private isPublished = false
  private readonly published: PublishedInKafka
  /** Ids of announcements that are enqueued and not yet settled. */
  private announcedIds: readonly string[] = []

  constructor(private readonly options: CaptureConsumerOptions) {
    const { lastPositions, marks, capture, replicated } = options
    const { resetInstructions } = replicated
    this.published = new PublishedInKafka({
      lastPositions,
      readMark: () => marks.read(),
      name: capture.name,
      resetInstructions,
    })
  }

  /** Releases no WAL while it may belong to another history, that is, to a database that was restored or replaced. */
  readonly logRelease: LogRelease = {
    offer: (settledLsn) => this.offer(settledLsn),
    flush: () => this.options.marks.flush(),
    releasable: () => this.options.marks.releasableLsn,
  }

  /** @throws SourceUnreadable when the epoch was lowered, or when changes of this epoch are known to be missing */
  async history(): Promise<SourceHistory> {
    const { marks, capture: source, replicated } = this.options
    const mark = await marks.read()
    return historyOf({ source, replicated }, mark, mark ? markedPlace(mark) : latestPlace(await this.published.read()))
  }

  connected(prepared: PreparedSource): Promise<void> {
    this.prepared = prepared
    return Promise.resolve()
  }

  /** @throws SourceUnreadable when the slot or the database has lost unpublished changes, or is not the one that was read before */
  async started(found: FoundHistory, access: CatalogueAccess): Promise<void> {
    const { marks, capture: source, replicated, publisher, announcer, catalogue, columns } = this.options
    const { prepared } = this
    if (!prepared) throw new Error(`${source.name} was not prepared`)
    const claimed = await marks.claim(positionBefore(source.epoch, found.confirmedLsn))
    const claimedPlace = markedPlace(claimed)
    // Another process has published since this process read the topic, so the topic is read again. The mark keeps that short.
    if (claimedPlace && claimedPlace.text > (this.lastEnqueued?.text ?? '')) {
      this.published.forget()
      publisher.readAgain()
    }
    const { lastEnqueued } = this
    const known = { mark: claimed, found, inKafka: await this.published.read(), lastEnqueued }
    const begin = decideLogStart({ source, replicated }, known)
    const { isContinued, place, last, settledLsn, halfPublishedLsn } = begin
    this.expected = begin.expected
    this.publishedLsn = begin.publishedLsn
    const current = this.currentFile(prepared)
    this.folding = isContinued
      ? resumedFolding({ ...current, mark: claimed, halfPublishedLsn })
      : foldingOfFile(current)
    const { configuration, tables } = this.folding
    columns.begin({ file: this.folding.reader.source, tables }, access)
    announcer.connected(halfPublishedLsn === null)
    const notes = {
      log: found.log,
      configuration,
      tables,
      catalogue: claimed.catalogue,
      companies: claimed.companies,
      announcements: announcer.afterEpoch(claimed, source, isContinued ? null : claimedPlace),
    }
    await catalogue.begin(
      { place: { position: place.text, xid: place.xid }, settledLsn, enqueued: last?.text ?? '', notes },
      { mark: claimed, isContinued, prepared, access },
    )
    await announcer.emit()
  }

  /** @throws ChangesMissing */
  async inspected(facts: CatalogueFacts): Promise<void> {
    await this.options.catalogue.inspected(facts)
    await this.options.announcer.emit()
  }

  begin({ commitLsn }: TransactionBegin): Promise<void> | undefined {
    this.isPublished = commitLsn <= this.publishedLsn
    const folding = this.activeFolding()
    if (folding.upTo === null || commitLsn <= folding.upTo) {
      this.open(folding)
      return undefined
    }
    return this.switchFolding()
  }

  change(change: RowChange, place: LogPlace): Promise<void> | undefined {
    // A TRUNCATE must be noted even if it is published: the catalogue shows it, too, and must not announce it a second time.
    if (this.isPublished && change.op !== 'truncate') {
      this.openFold().passOver(change)
      return undefined
    }
    const looked = this.options.columns.admit(change.relation, place.lsn)
    return looked ? looked.then(() => this.addToFold(change, place)) : this.addToFold(change, place)
  }

  private addToFold(change: RowChange, place: LogPlace): Promise<void> | undefined {
    try {
      return this.openFold().add(change, place)
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      throw notDecodable(
        `the write-ahead log holds a change that does not fit the capture file (${error.message})`,
        this.options.replicated,
      )
    }
  }

  context(context: EmittedContext): void {
    this.openFold().addContext(context)
  }

  announcement(id: string, place: LogPlace): void {
    this.options.announcer.noteRead(id, place)
  }

  async commit(transaction: TransactionInfo): Promise<void> {
    const { publisher, marks, acknowledge, announcer, catalogue, onTransaction } = this.options
    const fold = this.openFold()
    this.refuseOtherHistory(transaction)
    const report = fold.report()
    catalogue.noteTruncations(transaction, report)
    const announced = await announcer.eventsOf(
      transaction,
      report.changesWithoutRows,
      this.activeFolding().reader.source,
    )
    for await (const placed of inOrder(placedEvents(fold.events(transaction)), announced.events)) {
      await this.enqueue(placed, transaction)
    }
    // Only the commit of its own transaction makes `lastEnqueued` whole. The current transaction may be an earlier one that is read again,
    // while only a part of the later one was given to the publisher.
    if (this.lastEnqueued?.commitLsn === transaction.commitLsn) this.lastWhole = this.lastEnqueued
    this.announcedIds = [...this.announcedIds, ...announced.ids]
    const { lastWhole, expected, announcedIds } = this
    // A later transaction without events replaces this callback, so each callback also settles the earlier announcements.
    publisher.whenDurable(() => {
      if (lastWhole !== null) marks.settle(endOf(lastWhole), announcedIds)
      this.announcedIds = this.announcedIds.filter((id) => !announcedIds.includes(id))
      // Until the last published transaction is read again, the WAL may belong to another history, so none of it may be released.
      if (expected === null) acknowledge(transaction.commitEndLsn)
    })
    onTransaction(transaction, report)
    await this.closeFold()
  }

  async ended(): Promise<void> {
    this.options.announcer.disconnected()
    await this.closeFold()
    await this.options.onEnded()
  }

  /** From this transaction on, the current capture file holds. First, everything before it must be in Kafka, and the mark must be saved. */
  private async switchFolding(): Promise<void> {
    const { publisher, marks, columns } = this.options
    await publisher.drained()
    if (!this.prepared) throw new Error('the source was not prepared')
    const folding = foldingOfFile(this.currentFile(this.prepared))
    const { configuration, tables, reader } = folding
    await marks.note({ configuration, tables, catalogue: columns.switchFile({ file: reader.source, tables }) })
    this.folding = folding
    this.open(folding)
  }

  private open({ reader }: FoldingConfiguration): void {
    const { openSpool, announcer } = this.options
    announcer.begin()
    this.fold = new TransactionFolder(reader, { openSpool })
  }

  private async enqueue(placed: PlacedEvent, { xid }: TransactionInfo): Promise<void> {
    const { publisher, marks, topic } = this.options
    const { position } = placed
    if (this.lastEnqueued !== null && position <= this.lastEnqueued.text) return
    marks.noteEnqueued(position)
    await publisher.add(eventRecord(topic, placed))
    this.lastEnqueued = publishedPlace(position, xid)
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

  private currentFile({ tables }: PreparedSource): CurrentFileOptions {
    const { capture, columns } = this.options
    return { current: capture, tables, hiddenOf: columns.hiddenOf }
  }

  private activeFolding(): FoldingConfiguration {
    if (!this.folding) throw new Error('the source was not started')
    return this.folding
  }

  private refuseOtherHistory({ commitLsn, xid }: TransactionInfo): void {
    const { expected } = this
    if (expected === null || commitLsn < expected.commitLsn) return
    if (commitLsn !== expected.commitLsn || xid !== expected.xid)
      throw historyDiverged(this.options.replicated, expected)
    this.expected = null
  }

  private offer(settledLsn: bigint): void {
    const { expected } = this
    if (expected === null) return this.options.marks.offer(settledLsn)
    if (settledLsn > expected.commitLsn) throw historyDiverged(this.options.replicated, expected)
  }
}
