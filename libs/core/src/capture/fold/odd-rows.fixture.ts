import { decoderOf, EventSchema, type EntityEvent } from '@hooklane/contracts/public'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'
import type { Column, Relation, Row, RowChange } from '../row-change.js'
import { RowReaders } from '../entity/row-readers.js'
import { TRANSACTION } from './shop-transaction.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

/**
 * A table with a column of every kind of type. The capture file uses as many of these columns as it can. `foldOddRows` returns the events
 * of changes to one row.
 */

const TYPES: Readonly<Record<string, Pick<Column, 'typeOid' | 'type'>>> = {
  id: { typeOid: 114 },
  company: { typeOid: 25 },
  sku: { typeOid: 114 },
  link: { typeOid: 114 },
  version: { typeOid: 1700 },
  factor: { typeOid: 25 },
  changed_by: { typeOid: 25 },
  plain: { typeOid: 25 },
  declared: { typeOid: 25 },
  attributes: { typeOid: 3802 },
  flag: { typeOid: 16 },
  float: { typeOid: 701 },
  at: { typeOid: 1184 },
  wall: { typeOid: 1114 },
  texts: { typeOid: 1009 },
  documents: { typeOid: 3807 },
  instants: { typeOid: 1115 },
  boxes: { typeOid: 1020 },
  seasons: { typeOid: 16_500, type: { kind: 'array', delimiter: ',', element: { kind: 'scalar', typeOid: 16_499 } } },
  nested: {
    typeOid: 16_510,
    type: { kind: 'array', delimiter: ',', element: { kind: 'scalar', typeOid: 1007 } },
  },
  pairs: { typeOid: 16_520, type: { kind: 'hstore' } },
  enumeration: { typeOid: 16_530, type: { kind: 'scalar', typeOid: 16_530 } },
}

export const ODD_COLUMNS = Object.keys(TYPES)

const TABLE: CapturedTable = {
  schema: 'public',
  table: 'odd',
  resource: 'odds',
  entity: 'odd',
  id: ['id'],
  key: 'sku',
  url: [
    { kind: 'text', text: 'https://pim.example.com/' },
    { kind: 'id' },
    { kind: 'text', text: '/' },
    { kind: 'column', column: 'link' },
  ],
  version: 'version',
  ignore: [],
  omit: [],
  json: ['declared'],
  deleted: null,
  when: [{ column: 'factor', equals: 1 }],
  actor: { id: 'changed_by', type: 'plain', name: 'link' },
}

const SOURCE: CaptureSource = {
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  accept: [],
  company: { kind: 'column', column: 'company' },
  timezone: 'Europe/Oslo',
  slot: 's',
  publication: 'p',
  tables: [TABLE],
}

const relation: Relation = {
  schema: 'public',
  table: 'odd',
  columns: Object.entries(TYPES).map(([name, type]) => ({ name, typeModifier: -1, ...type })),
  replicaIdentity: 'full',
}

export const oddRow = (values: Readonly<Record<string, string | null>>): Row =>
  new Map(
    ODD_COLUMNS.map((name) => [name, null] as [string, string | null]).concat(
      Object.entries({ id: '"1"', company: 'c-1', factor: '1', ...values }),
    ),
  )

const decodeEvent = decoderOf(EventSchema)

/**
 * Inserts, updates and deletes a row, each in its own transaction, and returns the events. Throws if an event does not fit the record
 * schema or is too large.
 */
export async function foldOddRows(before: Row, after: Row, maxEventBytes?: number): Promise<EntityEvent[]> {
  const reader = new RowReaders(SOURCE)
  const changes: readonly RowChange[] = [
    { op: 'insert', relation, after: before },
    { op: 'update', relation, before, after },
    { op: 'delete', relation, before: after },
  ]
  const events: EntityEvent[] = []
  for (const change of changes) {
    const folder = new TransactionFolder(reader, {
      openSpool: () => Promise.reject(new Error('what is in memory needs no file')),
      memoryLimit: Number.POSITIVE_INFINITY,
      ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
    })
    await folder.add(change, { lsn: 1n, index: 0 })
    for await (const event of folder.events(TRANSACTION)) events.push(event)
    await folder.discard()
  }
  for (const event of events) refuseUnfit(event)
  return events
}

function refuseUnfit(event: EntityEvent): void {
  const bytes = Buffer.from(JSON.stringify(event))
  const decoded = decodeEvent(bytes)
  if (!decoded.ok) throw new Error(`${event.type} is no event: ${decoded.reason}`)
  if (bytes.length > 512 * 1024) throw new Error(`${event.type} takes ${bytes.length} bytes`)
}
