import { decoderOf, EventSchema, type EntityEvent } from '@hooklane/contracts/public'
import type { Relation, Row, RowChange, TransactionInfo } from '../row-change.js'
import { RowReaders } from '../entity/row-readers.js'
import { SOURCE } from '../shop-source.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

/** Rows of a shop's tables and changes of these rows. `fold` returns the events of a transaction of such changes. */

export const COLUMNS: readonly (readonly [string, number])[] = [
  ['id', 23],
  ['tenant', 25],
  ['company_id', 25],
  ['sku', 25],
  ['name', 3802],
  ['price', 1700],
  ['cost', 1700],
  ['version', 23],
  ['kind', 25],
  ['updated_at', 1184],
  ['updated_by', 25],
  ['deleted_at', 1184],
]

export const relationOf = (table: string): Relation => ({
  schema: 'public',
  table,
  columns: COLUMNS.map(([name, typeOid]) => ({ name, typeOid, typeModifier: -1 })),
  replicaIdentity: 'full',
})
export const product = relationOf('product')
export const price = relationOf('price')
export const stock = relationOf('stock')

export const row = (values: Record<string, string | null> = {}): Row =>
  new Map(
    Object.entries({
      id: '1',
      tenant: 't',
      company_id: 'cmp_7',
      sku: 'LAMP 1',
      name: '{"de": "Lampe"}',
      price: '89.00',
      cost: '10',
      version: '4',
      kind: 'sellable',
      updated_at: null,
      updated_by: 'usr_1',
      deleted_at: null,
      ...values,
    }),
  )

export const insert = (after: Row, relation = product): RowChange => ({ op: 'insert', relation, after })
export const update = (before: Row, after: Row, relation = product): RowChange => ({
  op: 'update',
  relation,
  before,
  after,
})
export const remove = (before: Row, relation = product): RowChange => ({ op: 'delete', relation, before })

export const TRANSACTION: TransactionInfo = {
  xid: '812',
  commitLsn: 0x152bac0n,
  commitEndLsn: 0x152baf0n,
  committedAtMs: Date.parse('2026-03-02T08:15:04.190Z'),
}

/** LSN of the first change. Each further change has the next LSN. */
export const LSN = 0x152ba40n

const decodeEvent = decoderOf(EventSchema)

/** Folds the changes as one transaction. Throws if an event does not fit the record schema. */
export async function fold(changes: readonly RowChange[], source = SOURCE, context: readonly string[] = []) {
  const folder = new TransactionFolder(new RowReaders(source), {
    openSpool: () => Promise.reject(new Error('a small transaction needs no file')),
  })
  for (const text of context) {
    folder.addContext({ prefix: 'hooklane', byteLength: Buffer.byteLength(text), readText: () => text })
  }
  for (const [index, change] of changes.entries()) await folder.add(change, { lsn: LSN + BigInt(index), index: 0 })
  const events: EntityEvent[] = []
  for await (const event of folder.events(TRANSACTION)) events.push(event)
  await folder.discard()
  for (const event of events) {
    const decoded = decodeEvent(Buffer.from(JSON.stringify(event)))
    if (!decoded.ok) throw new Error(`${event.type} ${event.entity.id} is no event: ${decoded.reason}`)
  }
  return { events, report: folder.report() }
}

/** The event type and entity id of each event, separated by a space. */
export const publishedTypes = async (changes: readonly RowChange[]) =>
  (await fold(changes)).events.map((event) => `${event.type} ${event.entity.id}`)

export const gone = { deleted_at: '2026-03-01 00:00:00+00' }
