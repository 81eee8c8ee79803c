import { HEADER, SCHEMA } from '@hooklane/contracts/public'
import type { ConfigurationKind } from '@hooklane/contracts/records'
import type { Row, RowChange, TransactionInfo } from '@hooklane/core/capture'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import type { ConfigurationRow } from '@hooklane/postgres'
import type { ReplicatedTable, TransactionConsumer } from '@hooklane/replication'
import type { OrderedPublisher } from '../publishing/ordered-publisher.js'
import type { ConfigurationState } from './configuration-state.js'

export const CONFIGURATION_TABLE: ReplicatedTable = {
  schema: 'hooklane',
  table: 'configuration',
  columns: ['key', 'kind', 'version', 'body'],
  id: ['key'],
}

export interface ConfigurationConsumerOptions {
  readonly topic: string
  readonly publisher: OrderedPublisher
  readonly readTopic: () => Promise<ConfigurationState>
  readonly readTable: () => Promise<readonly ConfigurationRow[]>
  readonly acknowledge: (commitEndLsn: bigint) => void
  readonly onTransaction: (transaction: TransactionInfo) => void
  readonly onEnded: () => Promise<void>
}

/**
 * Publishes the table `configuration` to its topic: a row under its key, a deletion as a record without a value.
 *
 * On every connection the table is first compared with the topic, and rows that the topic lacks or has in an older version are published.
 * So a new slot begins with the whole table, and a lost topic is filled again. The slot exists before the table is read, so no change is
 * missed between the two. Changes that the stream then repeats are not newer than the published rows, and are skipped. Because versions
 * decide, and not the order of reading, the table need not be read in the slot's snapshot.
 *
 * Deletions come with the stream. The comparison also deletes keys that are in the topic but not in the table: their rows were deleted
 * while there was no slot, or an earlier comparison failed half-way. The table is read after everything that the stream has delivered, so
 * a key that the table lacks is really deleted.
 */
export class ConfigurationConsumer implements TransactionConsumer {
  private state: ConfigurationState | null = null

  constructor(private readonly options: ConfigurationConsumerOptions) {}

  async connected(): Promise<void> {
    const { readTopic, readTable } = this.options
    this.state ??= await readTopic()
    const rows = await readTable()
    for (const row of rows) await this.put(row)
    const present = new Set(rows.map((row) => row.key))
    await this.removeAll(([key]) => !present.has(key))
  }

  begin(): undefined {
    // Rows are published as they are read, because the protocol sends committed transactions only.
  }

  async change(change: RowChange): Promise<void> {
    switch (change.op) {
      case 'insert':
      case 'update':
        return this.put(rowOf(change.after))
      case 'delete': {
        const { key, version } = rowOf(change.before)
        return this.remove(key, version)
      }
      case 'truncate':
        return this.removeAll(() => true)
    }
  }

  context(): void {
    // Not needed: the audit log records who changed the configuration.
  }

  commit(transaction: TransactionInfo): Promise<void> {
    const { publisher, acknowledge, onTransaction } = this.options
    publisher.whenDurable(() => acknowledge(transaction.commitEndLsn))
    onTransaction(transaction)
    return Promise.resolve()
  }

  ended(): Promise<void> {
    return this.options.onEnded()
  }

  private async put(row: ConfigurationRow): Promise<void> {
    if (!this.known().adopt(row.key, { version: row.version, isDeleted: false })) return
    await this.options.publisher.add(configurationRecord(this.options.topic, row))
  }

  private async remove(key: string, version: bigint): Promise<void> {
    if (!this.known().adopt(key, { version, isDeleted: true })) return
    await this.options.publisher.add(tombstone(this.options.topic, key, version))
  }

  private async removeAll(doomed: (entry: readonly [string, bigint]) => boolean): Promise<void> {
    const entries = [...this.known().live()].filter(doomed)
    for (const [key, version] of entries) await this.remove(key, version)
  }

  private known(): ConfigurationState {
    if (!this.state) throw new Error('the topic has not been read')
    return this.state
  }
}

/** Whether the topic holds this record or a newer one of its key. */
export function isPublished(state: ConfigurationState, record: OutgoingRecord): boolean {
  const key = String(record.key)
  const version = BigInt(record.headers?.[HEADER.version] ?? '0')
  return !state.isNewer(key, { version, isDeleted: record.value === null })
}

function configurationRecord(topic: string, { key, kind, version, body }: ConfigurationRow): OutgoingRecord {
  return {
    topic,
    key,
    value: body,
    headers: {
      [HEADER.schema]: SCHEMA[kind],
      [HEADER.contentType]: 'application/json',
      [HEADER.version]: version.toString(),
    },
  }
}

const tombstone = (topic: string, key: string, version: bigint): OutgoingRecord => ({
  topic,
  key,
  value: null,
  headers: { [HEADER.version]: version.toString() },
})

/** The columns are NOT NULL, and `kind` is checked by the table. */
function rowOf(row: Row): ConfigurationRow {
  const [key, kind, version, body] = ['key', 'kind', 'version', 'body'].map((column) => {
    const value = row.get(column)
    if (value === undefined || value === null) throw new Error(`a row of hooklane.configuration has no ${column}`)
    return value
  }) as [string, ConfigurationKind, string, string]
  return { key, kind, version: BigInt(version), body }
}
