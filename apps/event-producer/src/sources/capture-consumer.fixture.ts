import {
  formatPosition,
  type CapturedTable,
  type CaptureSource,
  type FoldReport,
  type FoundHistory,
  type Relation,
  type RowChange,
} from '@hooklane/core/capture'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { partitionOfKey } from '@hooklane/core/kernel'
import type { EntityEvent } from '@hooklane/contracts/public'
import type { Blocker, ReplicatedSource } from '@hooklane/replication'
import { MarkKeeper } from '../marks/mark-keeper.js'
import { OrderedPublisher } from '../publishing/ordered-publisher.js'
import { isPublished } from '../publishing/published-positions.js'
import { Announcer } from './announcer.js'
import { CaptureConsumer } from './capture-consumer.js'
import { HiddenColumns } from './hidden-columns.js'
import { CatalogueWatch } from './catalogue-watch.js'
import { NO_TIMERS, PARTITIONS, type Outside } from './outside.fixture.js'
import { publishedAsTheyAre } from './quiet-catalogue.fixture.js'

/** A captured source in a test. The test plays the source's WAL, the topic and the database of marks. All parts in between are real. */

export const TABLES = new Map([['public.item', 16_400]])

const TEXT = 25

export const ITEM: CapturedTable = {
  schema: 'public',
  table: 'item',
  resource: 'items',
  entity: 'item',
  id: ['id'],
  key: null,
  url: null,
  version: null,
  ignore: [],
  omit: [],
  json: [],
  deleted: null,
  when: [],
  actor: null,
}

export const sourceOf = (part: Partial<CaptureSource> = {}): CaptureSource => ({
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  company: { kind: 'column', column: 'company' },
  timezone: 'UTC',
  slot: 's',
  publication: 'p',
  accept: [],
  tables: [ITEM],
  ...part,
})

const replicated: ReplicatedSource = {
  name: 'pim',
  databaseUrl: 'postgres://db/pim',
  slot: 's',
  publication: 'p',
  tables: [{ schema: 'public', table: 'item', columns: ['id', 'company'], id: ['id'] }],
  resetInstructions: 'start over',
}

export const relationOf = (table: string, columns: readonly string[]): Relation => ({
  schema: 'public',
  table,
  replicaIdentity: 'full',
  columns: columns.map((name) => ({ name, typeOid: TEXT, typeModifier: -1 })),
})

const ITEMS = relationOf('item', ['id', 'company'])

/** Position of the insert of a transaction with one row. */
export const at = (commitLsn: bigint, epoch = 1): string =>
  formatPosition({ epoch, commitLsn, lsn: commitLsn - 1n, index: 0, side: 'arrival' })

export const LOG = { systemIdentifier: '7', timeline: 1 }

export const found = (confirmedLsn: bigint, part: Partial<FoundHistory> = {}): FoundHistory => ({
  log: LOG,
  timelines: new Map(),
  confirmedLsn,
  walEndLsn: 10_000n,
  ...part,
})

/** A company whose events are in the first partition, and one whose events are in the second partition. */
export const [FIRST, SECOND] = [0, 1].map((partition) => {
  const names = Array.from({ length: 50 }, (_, i) => `c-${i}`)
  return names.find((name) => partitionOfKey(Buffer.from(name), PARTITIONS) === partition) ?? ''
}) as [string, string]

/** A row change and its place. */
export interface PlacedChange {
  readonly change: RowChange
  readonly lsn: bigint
  readonly index?: number
}

/** A committed transaction, as the WAL holds it. */
export interface LoggedTransaction {
  readonly xid: string
  readonly commitLsn: bigint
  readonly changes: readonly PlacedChange[]
  /** Ids of announcements that stand behind the changes. */
  readonly announced?: readonly string[]
}

export const insertInto = (commitLsn: bigint, company: string, xid = `x${commitLsn}`): LoggedTransaction => {
  const after = new Map([
    ['id', `i${commitLsn}`],
    ['company', company],
  ])
  return { xid, commitLsn, changes: [{ change: { op: 'insert', relation: ITEMS, after }, lsn: commitLsn - 1n }] }
}

export interface ProcessOptions {
  readonly capture?: CaptureSource
  /** How many records Kafka accepts before it stops answering; default: any number. */
  readonly room?: number
  /** Ids of all companies, as read at each announcement. */
  readonly companies?: readonly string[]
  /** Size of the largest record that Kafka accepts; default: larger than any here. */
  readonly maxRecordBytes?: number
  /** Columns of every table in the catalogue now; null: the tables are gone; default: `id` and `company`. */
  readonly columnsNow?: readonly string[] | null
}

const blockerNamed = (id: string): Blocker => ({ kind: 'session', id, description: id, statement: '' })

/** Starts a simulated event-producer: the real parts between a slot and the topic. */
export function start(outside: Outside, options: ProcessOptions = {}) {
  const { capture = sourceOf(), room = Infinity, companies = [], columnsNow = ['id', 'company'] } = options
  const acknowledged: bigint[] = []
  const emitted: string[] = []
  const reports: FoldReport[] = []
  /** Open transactions of the database that have written something. */
  const openWriters: string[] = []
  /** The transactions for which announcements wait, as last reported. */
  const waitsFor: string[] = []
  const kafka = { room, isSilent: false, answers: Promise.resolve() }
  let fallSilent: () => void = () => undefined
  /** Resolves when Kafka leaves a request without an answer. */
  const silence = new Promise<void>((resolve) => (fallSilent = resolve))
  const hang = (): Promise<void> => {
    fallSilent()
    return new Promise(() => undefined)
  }
  const publishAll = (records: readonly OutgoingRecord[]): Promise<void> => {
    if (kafka.isSilent) return hang()
    for (const { key, value, headers } of records) {
      if (kafka.room-- <= 0) return hang()
      const event = JSON.parse(String(value)) as EntityEvent
      const position = String(headers?.['hooklane-position'])
      outside.append(String(key), { position, transactionId: event.revision?.transaction?.id ?? null }, event)
    }
    return kafka.answers
  }
  const publisher = new OrderedPublisher({
    producer: { publish: () => Promise.reject(new Error('batches only')), publishAll },
    readBack: async () => {
      const known = await marks.read()
      const positions = outside.since(known)
      return (record) => isPublished(record, { positions, partitions: PARTITIONS, known: known?.position ?? '' })
    },
    maxRecordBytes: options.maxRecordBytes ?? 1_000_000,
    onPublished: () => undefined,
    onFailure: () => undefined,
    onQueued: () => undefined,
  })
  const marks: MarkKeeper = new MarkKeeper({
    producer: 'pim',
    timers: NO_TIMERS,
    store: outside.store,
    endOffsets: () => Promise.resolve(new Map(outside.topic.map((events, i) => [i, BigInt(events.length)]))),
    onFailure: () => undefined,
  })
  const columns = new HiddenColumns({ capture, marks, onRenamed: () => undefined })
  const catalogue = new CatalogueWatch({
    capture,
    replicated,
    marks,
    columns,
    onAnnounced: () => undefined,
    onUnmatched: () => undefined,
  })
  const source = new CaptureConsumer({
    capture,
    replicated,
    topic: 'events',
    publisher,
    marks,
    announcer: new Announcer({
      marks,
      readCompanies: () => Promise.resolve(companies),
      emit: (ids) => {
        emitted.push(...ids)
        return Promise.resolve()
      },
      readOpenWriters: () => Promise.resolve(new Map(openWriters.map((name) => [name, blockerNamed(name)]))),
      onWaiting: (blockers) => void waitsFor.splice(0, Infinity, ...blockers.map(({ id }) => id)),
    }),
    lastPositions: async () => outside.since(await marks.read()),
    openSpool: () => Promise.reject(new Error('nothing is so large')),
    acknowledge: (lsn) => acknowledged.push(lsn),
    catalogue,
    columns,
    onTransaction: (_, report) => reports.push(report),
    onEnded: () => Promise.resolve(),
  })
  /** @param columnsBefore columns that the catalogue had before the slot was made; default: `columnsNow` */
  const connect = async (
    now: FoundHistory,
    tables: ReadonlyMap<string, number> = TABLES,
    columnsBefore: readonly string[] | null = null,
  ) => {
    const facts = () => publishedAsTheyAre(tables, process.columnsNow)
    await source.history()
    await source.connected({
      slot: now,
      tables,
      warnings: [],
      catalogue: columnsBefore === null ? facts() : publishedAsTheyAre(tables, columnsBefore),
      server: { version: 180_000, role: 'r', database: 'd', encoding: 'UTF8' },
    })
    await source.started(now, {
      read: () => Promise.resolve(facts()),
      outcomeOf: () => Promise.resolve('unknown'),
      alignPublication: () => Promise.resolve(),
    })
  }
  const read = async ({ xid, commitLsn, changes, announced = [] }: LoggedTransaction) => {
    const begun = { xid, commitLsn, committedAtMs: 0 }
    await source.begin(begun)
    for (const { change, lsn, index = 0 } of changes) await source.change(change, { lsn, index })
    const lastLsn = changes.at(-1)?.lsn ?? commitLsn - 10n
    for (const [n, id] of announced.entries()) source.announcement(id, { lsn: lastLsn + 1n + BigInt(n), index: 0 })
    await source.commit({ ...begun, commitEndLsn: commitLsn + 1n })
  }
  const look = () => source.inspected(publishedAsTheyAre(TABLES, process.columnsNow))
  const settled = () => publisher.drained()
  /** Ends like a crash: nothing more is saved or published. */
  const end = async () => {
    kafka.isSilent = true
    await source.ended()
    await publisher.stop(0)
  }
  const process = {
    columnsNow,
    openWriters,
    waitsFor,
    source,
    marks,
    kafka,
    connect,
    look,
    read,
    settled,
    silence,
    acknowledged,
    emitted,
    reports,
    end,
  }
  return process
}

export const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )
