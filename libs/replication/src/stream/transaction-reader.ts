import {
  ANNOUNCEMENT_PREFIX,
  CONTEXT_PREFIX,
  type LogPlace,
  type Relation,
  type Row,
  type RowChange,
} from '@hooklane/core/capture'
import type { OldRow, PgoutputMessage } from '../pgoutput/message.js'
import { decodeServerText } from '../pgoutput/server-encoding.js'
import { nameOf, type ReplicatedSource } from '../replicated-source.js'
import { SourceUnreadable, notDecodable } from '../source-unreadable.js'
import type { ColumnTypes } from '../types/column-types.js'
import type { TransactionConsumer } from './transaction-consumer.js'

/** A row of which no column is known. */
const NO_COLUMNS: Row = new Map()

type Begin = Extract<PgoutputMessage, { readonly tag: 'begin' }>
type RowMessage = Extract<PgoutputMessage, { readonly tag: 'insert' | 'update' | 'delete' }>

export interface TransactionReaderOptions {
  readonly source: ReplicatedSource
  readonly types: ColumnTypes
  /** Encoding of the database, as `server_encoding` names it. */
  readonly encoding: string
}

/**
 * Assembles messages into transactions and gives them to the consumer, one call at a time.
 *
 * A place in the WAL is an LSN and an index that counts the changes and announcements with the same LSN. Changes of tables that the source
 * does not name count as well, so that a place stays the same when the source names other tables.
 */
export class TransactionReader {
  private open: Begin | null = null
  private lastLsn = -1n
  private nextIndex = 0
  private taking: bigint | null = null
  private readonly named: ReadonlySet<string>

  constructor(
    private readonly consumer: TransactionConsumer,
    private readonly options: TransactionReaderOptions,
  ) {
    this.named = new Set(options.source.tables.map(nameOf))
  }

  /** Commit LSN of the transaction that the consumer is processing; null between two transactions. */
  get takingLsn(): bigint | null {
    return this.taking
  }

  /**
   * Returns a promise only when the next message has to wait.
   * @param lsn of the message's record
   * @throws SourceUnreadable when the WAL lacks a needed part, such as an old row
   */
  take(message: PgoutputMessage, lsn: bigint): Promise<void> | undefined {
    switch (message.tag) {
      case 'begin':
        this.open = message
        this.lastLsn = -1n
        this.taking = message.commitLsn
        return this.consumer.begin(message)
      case 'commit':
        return this.commit(message.commitEndLsn)
      case 'insert':
      case 'update':
      case 'delete':
        return this.row(message, lsn)
      case 'type':
        this.options.types.note(message)
        return undefined
      case 'truncate':
        return this.truncate(message.relations, lsn)
      case 'message':
        if (message.isTransactional) this.emitted(message, lsn)
        return undefined
      case 'other':
        return undefined
    }
  }

  /** A change waits until the types of its columns are known, and everything after it waits, too. */
  private row(message: RowMessage, lsn: bigint): Promise<void> | undefined {
    const place = this.placeAt(lsn)
    const relation = this.options.types.complete(message.relation)
    if (relation instanceof Promise) {
      return relation.then((completed) => this.consumer.change(this.changeOf(message, completed), place))
    }
    return this.consumer.change(this.changeOf(message, relation), place)
  }

  private changeOf(message: RowMessage, relation: Relation): RowChange {
    switch (message.tag) {
      case 'insert':
        return { op: 'insert', relation, after: message.after }
      case 'update':
        return { op: 'update', relation, before: this.whole(relation, message), after: message.after }
      case 'delete':
        return { op: 'delete', relation, before: this.whole(relation, message) }
    }
  }

  private async commit(commitEndLsn: bigint): Promise<void> {
    const begin = this.open
    if (!begin) throw new SourceUnreadable('DATABASE_ERROR', 'a commit came without its begin')
    this.open = null
    const { xid, commitLsn, committedAtMs } = begin
    await this.consumer.commit({ xid, commitLsn, commitEndLsn, committedAtMs })
    this.taking = null
  }

  /** All tables of a TRUNCATE get the same place, because the number of tables that come depends on the publication. */
  private async truncate(relations: readonly Relation[], lsn: bigint): Promise<void> {
    const place = this.placeAt(lsn)
    for (const relation of relations) await this.consumer.change({ op: 'truncate', relation }, place)
  }

  private emitted({ prefix, content }: Extract<PgoutputMessage, { tag: 'message' }>, lsn: bigint): void {
    if (prefix === CONTEXT_PREFIX) {
      const readText = () => decodeServerText(content, this.options.encoding)
      this.consumer.context({ prefix, byteLength: content.length, readText })
    }
    if (prefix === ANNOUNCEMENT_PREFIX) this.consumer.announcement?.(content.toString('latin1'), this.placeAt(lsn))
  }

  private placeAt(lsn: bigint): LogPlace {
    this.nextIndex = lsn === this.lastLsn ? this.nextIndex + 1 : 0
    this.lastLsn = lsn
    return { lsn, index: this.nextIndex }
  }

  /** Returns the old row. It may be missing for tables that the source does not name and that are in a publication of all tables. */
  private whole(relation: Relation, { before, withoutFull = [relation] }: OldRow): Row {
    if (before) return before
    if (!this.named.has(nameOf(relation))) return NO_COLUMNS
    throw notDecodable(
      `a change of ${nameOf(relation)} was logged without its old row, because ${subject(relation, withoutFull)} had no REPLICA IDENTITY ` +
        `FULL at that moment`,
      this.options.source,
    )
  }
}

const subject = (relation: Relation, withoutFull: readonly Relation[]): string =>
  withoutFull.includes(relation) ? 'the table' : `the partition ${withoutFull.map(nameOf).join(' or ')}`
