import type { Row, Relation } from '@hooklane/core'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { nameOf, type ReplicatedSource } from '../replicated-source.js'
import { SourceRefused, notDecodable } from '../source-refused.js'
import type { TransactionConsumer } from './transaction-consumer.js'

/** What `pg_logical_emit_message` must be called with to be meant for us. */
const CONTEXT_PREFIX = 'hooklane'

type Begin = Extract<PgoutputMessage, { readonly tag: 'begin' }>

/** Puts messages together to transactions and hands them on, one call at a time. */
export class TransactionReader {
  private open: Begin | null = null

  constructor(
    private readonly consumer: TransactionConsumer,
    private readonly source: ReplicatedSource,
  ) {}

  /**
   * Answers a promise only when the next message has to wait.
   * @throws SourceRefused when the log does not hold what is needed
   */
  take(message: PgoutputMessage): Promise<void> | undefined {
    switch (message.tag) {
      case 'begin':
        this.open = message
        this.consumer.begin()
        return undefined
      case 'commit':
        return this.commit(message.commitEndLsn)
      case 'insert':
        return this.consumer.change({ op: 'insert', relation: message.relation, after: message.after })
      case 'update': {
        const { relation, after } = message
        return this.consumer.change({ op: 'update', relation, before: this.whole(relation, message.before), after })
      }
      case 'delete': {
        const { relation } = message
        return this.consumer.change({ op: 'delete', relation, before: this.whole(relation, message.before) })
      }
      case 'truncate':
        return this.truncate(message.relations)
      case 'message':
        if (message.isTransactional && message.prefix === CONTEXT_PREFIX) {
          this.consumer.context({ prefix: message.prefix, content: message.content })
        }
        return undefined
      case 'other':
        return undefined
    }
  }

  private commit(commitEndLsn: bigint): Promise<void> {
    const begin = this.open
    if (!begin) throw new SourceRefused('DATABASE_ERROR', 'a commit came without its begin')
    this.open = null
    const { xid, commitLsn, committedAtMs } = begin
    return this.consumer.commit({ xid, commitLsn, commitEndLsn, committedAtMs })
  }

  private async truncate(relations: readonly Relation[]): Promise<void> {
    for (const relation of relations) await this.consumer.change({ op: 'truncate', relation })
  }

  private whole(relation: Relation, before: Row | null): Row {
    if (before) return before
    throw notDecodable(
      `a change of ${nameOf(relation)} was logged without its old row, because the table had no REPLICA IDENTITY FULL at that moment`,
      this.source,
    )
  }
}
