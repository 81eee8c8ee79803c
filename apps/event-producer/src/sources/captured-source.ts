import { HEADER, SCHEMA, type EntityEvent } from '@hooklane/contracts'
import {
  parsePosition,
  TransactionFolder,
  type EmittedContext,
  type FoldReport,
  type OutgoingRecord,
  type RowChange,
  type SourceReader,
  type SpoolFile,
  type TransactionInfo,
} from '@hooklane/core'
import { SourceRefused, type ReadySlot, type TransactionConsumer } from '@hooklane/replication'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { LastPositions } from '../publishing/published-positions.js'

export interface CapturedSourceOptions {
  readonly reader: SourceReader
  readonly topic: string
  readonly publisher: OrderedPublisher
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
 * what is not above it is on its way already.
 */
export class CapturedSource implements TransactionConsumer {
  private fold: TransactionFolder | null = null
  private handedOn = ''
  private isChecked = false

  constructor(private readonly options: CapturedSourceOptions) {}

  /** @throws SourceRefused when the slot is gone although this producer has published: what was committed meanwhile would be lost in silence */
  async beforeSlotIsMade(): Promise<void> {
    const { source } = this.options.reader
    const last = await this.lastPublished()
    if (last === null || last.epoch < source.epoch) return
    throw new SourceRefused(
      'SLOT_LOST',
      `the slot ${source.slot} is gone, but ${source.name} has published up to ${last.text}: changes since then are missing. To go on ` +
        `from now, raise the source's epoch in the capture file to ${last.epoch + 1}, and let receivers fetch everything anew`,
    )
  }

  async connected(slot: ReadySlot): Promise<void> {
    // The database may have been set back while we were connected to it: what this process handed on is asked about every time.
    this.refuseIfAhead(readPosition(this.handedOn), slot)
    if (this.isChecked) return
    this.refuseIfAhead(await this.lastPublished(), slot)
    this.isChecked = true
  }

  begin(): void {
    const { reader, openSpool } = this.options
    this.fold = new TransactionFolder(reader, { openSpool })
  }

  change(change: RowChange): Promise<void> | undefined {
    return this.openFold().add(change)
  }

  context(context: EmittedContext): void {
    this.openFold().addContext(context)
  }

  async commit(transaction: TransactionInfo): Promise<void> {
    const { publisher, topic, acknowledge, onTransaction } = this.options
    const fold = this.openFold()
    for await (const event of fold.events(transaction)) {
      const position = event.revision?.id ?? ''
      if (position <= this.handedOn) continue
      await publisher.add(eventRecord(topic, event, position))
      this.handedOn = position
    }
    publisher.whenDurable(() => acknowledge(transaction.commitEndLsn))
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
    return readPosition([...(await this.options.lastPositions()).values()].sort().at(-1) ?? '')
  }

  private refuseIfAhead(last: Published | null, slot: ReadySlot): void {
    const { source } = this.options.reader
    if (last === null || last.epoch < source.epoch) return
    if (last.epoch === source.epoch && last.commitLsn <= slot.walEndLsn) return
    throw new SourceRefused(
      'POSITION_BEHIND',
      `${source.name} has published up to ${last.text}, which this database has not reached: it is another one, or was restored. New ` +
        `events would be taken for copies. Raise the source's epoch in the capture file to ${last.epoch + 1}`,
    )
  }
}

interface Published {
  readonly text: string
  readonly epoch: number
  readonly commitLsn: bigint
}

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
