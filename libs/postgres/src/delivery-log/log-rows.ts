import type { AttemptRecord } from '@hooklane/contracts/records'
import type { AttemptsEntry } from './log-entry.js'
import { isOpen, recordOrder } from './record-order.js'

type AttemptEntry = Extract<AttemptsEntry, { readonly kind: 'attempt' }>

/** The entries of one delivery in a batch, summarised. The result does not depend on the order of the entries. */
export interface DeliverySummary {
  /** The entry that determines the state of the delivery: the one with the greatest `recordOrder`. */
  readonly newest: AttemptsEntry
  /** The entry that determines the last response; null when the batch has no attempt. */
  readonly newestAttempt: AttemptEntry | null
  /** `recordOrder` of the newest attempt; empty if the batch has none. */
  readonly attemptOrder: string
  /** `recordOrder` of the newest settlement; empty if the batch has none. */
  readonly settlementOrder: string
  /** Start of the first request and of the last one; null when none was made. */
  readonly firstAttemptAt: string | null
  readonly lastAttemptAt: string | null
  readonly attempts: number
}

type Value = string | number | null
type Column<Row> = (row: Row) => Value

/** Turns rows into one array per column, the parameters of a statement that uses `unnest`. JSON columns become one joined text each. */
export function columnArrays<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): (Value[] | string)[] {
  return columns.map((column) => {
    if (JSON_COLUMNS.has(column)) return rows.map((row) => column(row) ?? '').join(JSON_SEPARATOR)
    return rows.map((row) => storable(column(row)))
  })
}

/** The separator that log-attempts.sql splits by. In JSON text this character can occur only as an escape. */
const JSON_SEPARATOR = '\x1e'

/**
 * Replaces NUL, which Postgres text cannot hold. Lone surrogates need no care here: the driver sends text as UTF-8, where they become the
 * replacement character.
 */
const storable = (value: Value): Value =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', REPLACEMENT) : value

const REPLACEMENT = '\uFFFD'

/** Escapes of NUL and of lone surrogates in JSON text. Postgres would store them unchanged, and they would reach the readers of the log. */
const UNWANTED_ESCAPE = /\\u(?:0000|d[89a-f])/

function headersText(headers: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(headers)
  if (!UNWANTED_ESCAPE.test(text)) return text
  const clean = (part: string): string => part.replace(/[\0\p{Surrogate}]/gu, REPLACEMENT)
  return JSON.stringify(Object.fromEntries(Object.entries(headers).map(([name, value]) => [clean(name), clean(value)])))
}

const ofAttempt =
  (read: (record: AttemptRecord) => Value): Column<AttemptsEntry> =>
  (entry) =>
    entry.kind === 'attempt' ? read(entry.record) : null

const attemptNumber = (entry: AttemptsEntry): number => (entry.kind === 'attempt' ? entry.record.attempt : 0)
const instantOf = (entry: AttemptsEntry): string =>
  entry.kind === 'attempt' ? entry.record.startedAt : entry.record.at
const reasonOf = (entry: AttemptsEntry): string | null => {
  if (entry.kind === 'settlement') return entry.record.reason
  return entry.record.status === 'delivered' ? null : (entry.record.error?.code ?? null)
}

const requestHeaders = ofAttempt(({ request }) => headersText(request.headers))
const responseHeaders = ofAttempt(({ response }) => (response ? headersText(response.headers) : null))
/**
 * Columns that are sent as one joined text. In an array their quotes would have to be escaped, which would cost more than sending all the
 * other columns.
 */
const JSON_COLUMNS: ReadonlySet<unknown> = new Set([requestHeaders, responseHeaders])

/** The columns in the order of the parameters of log-attempts.sql. */
export const ATTEMPT_COLUMNS: readonly Column<AttemptsEntry>[] = [
  ({ record }) => record.routedAt,
  ({ record }) => record.appId,
  ({ record }) => record.sequence,
  ({ kind }) => kind,
  attemptNumber,
  ({ record }) => record.attemptId,
  ({ record }) => record.companyId,
  ({ record }) => record.deliveryId,
  ({ record }) => record.ownerEpoch,
  instantOf,
  ofAttempt(({ durationMs }) => durationMs),
  ofAttempt(({ request }) => request.method),
  ofAttempt(({ request }) => request.url),
  requestHeaders,
  ofAttempt(({ request }) => request.bytes),
  ofAttempt(({ request }) => request.digest),
  ofAttempt(({ response }) => response?.status ?? null),
  responseHeaders,
  ofAttempt(({ response }) => response?.body ?? null),
  ofAttempt(({ error }) => error?.code ?? null),
  ofAttempt(({ error }) => error?.message ?? null),
  (entry) => (entry.kind === 'attempt' ? entry.record.decision : entry.record.status),
  reasonOf,
  ofAttempt(({ nextAttemptAt }) => nextAttemptAt),
  ({ record }) => record.status,
]

const ofNewest =
  (read: Column<AttemptsEntry>): Column<DeliverySummary> =>
  ({ newest }) =>
    read(newest)

const ofNewestAttempt =
  (read: (record: AttemptRecord) => Value): Column<DeliverySummary> =>
  ({ newestAttempt }) =>
    newestAttempt ? read(newestAttempt.record) : null

/** The columns in the order of the parameters of log-deliveries.sql. */
export const DELIVERY_COLUMNS: readonly Column<DeliverySummary>[] = [
  ofNewest(({ record }) => record.routedAt),
  ofNewest(({ record }) => record.appId),
  ofNewest(({ record }) => record.sequence),
  ofNewest(({ record }) => record.companyId),
  ofNewest(({ record }) => record.deliveryId),
  ofNewest(({ record }) => record.subscriptionId),
  ofNewest(({ record }) => record.subscriptionVersion),
  ofNewest(({ record }) => record.workerGroup),
  ofNewest(({ record }) => record.eventId),
  ofNewest(({ record }) => record.eventType),
  ofNewest(({ record }) => record.entity.type),
  ofNewest(({ record }) => record.entity.id),
  ofNewest(({ record }) => record.entity.key ?? null),
  ofNewest(({ record }) => record.entity.url ?? null),
  ofNewest(({ record }) => record.position),
  ofNewest(({ record }) => record.source.topic),
  ofNewest(({ record }) => record.source.partition),
  ofNewest(({ record }) => record.source.offset),
  ofNewest(({ record }) => record.mode),
  ofNewest(({ record }) => record.status),
  ofNewest(reasonOf),
  ({ attempts }) => attempts,
  ({ firstAttemptAt }) => firstAttemptAt,
  ({ lastAttemptAt }) => lastAttemptAt,
  ofNewest(ofAttempt(({ nextAttemptAt }) => nextAttemptAt)),
  ofNewest((entry) => (isOpen(entry.record.status) ? null : instantOf(entry))),
  ofNewestAttempt(({ response }) => response?.status ?? null),
  ofNewestAttempt(({ error }) => error?.code ?? null),
  ({ attemptOrder }) => attemptOrder,
  ({ settlementOrder }) => settlementOrder,
]

/**
 * Returns one summary per delivery, ordered by app and sequence. Two writers with the same deliveries then lock the rows in the same order,
 * so they cannot deadlock.
 */
export function summariseDeliveries(entries: readonly AttemptsEntry[]): DeliverySummary[] {
  const byDelivery = new Map<string, DeliverySummary>()
  for (const entry of entries) {
    // Ids contain no blank, so the key is unique.
    const key = `${entry.record.appId} ${entry.record.sequence}`
    const before = byDelivery.get(key)
    const now = summaryOf(entry)
    byDelivery.set(key, before ? merged(before, now) : now)
  }
  return [...byDelivery.values()].sort(byAppAndSequence)
}

function summaryOf(entry: AttemptsEntry): DeliverySummary {
  const order = recordOrder(entry)
  const settled = { newest: entry, newestAttempt: null, attemptOrder: '', settlementOrder: order }
  if (entry.kind === 'settlement') return { ...settled, firstAttemptAt: null, lastAttemptAt: null, attempts: 0 }
  const { startedAt, attempt } = entry.record
  return {
    newest: entry,
    newestAttempt: entry,
    attemptOrder: order,
    settlementOrder: '',
    firstAttemptAt: startedAt,
    lastAttemptAt: startedAt,
    attempts: attempt,
  }
}

/** Merges two summaries of a delivery. Each part comes from the summary with the newer record. */
function merged(a: DeliverySummary, b: DeliverySummary): DeliverySummary {
  return {
    newest: stateOrder(a) < stateOrder(b) ? b.newest : a.newest,
    newestAttempt: a.attemptOrder < b.attemptOrder ? b.newestAttempt : a.newestAttempt,
    attemptOrder: greater(a.attemptOrder, b.attemptOrder),
    settlementOrder: greater(a.settlementOrder, b.settlementOrder),
    firstAttemptAt: outer(a.firstAttemptAt, b.firstAttemptAt, -1),
    lastAttemptAt: outer(a.lastAttemptAt, b.lastAttemptAt, 1),
    attempts: Math.max(a.attempts, b.attempts),
  }
}

const greater = (a: string, b: string): string => (a < b ? b : a)

const stateOrder = ({ attemptOrder, settlementOrder }: DeliverySummary): string =>
  greater(attemptOrder, settlementOrder)

/** The earlier (-1) or later (1) instant. Not compared as text, because fractions of a second vary in length. */
function outer(a: string | null, b: string | null, sign: 1 | -1): string | null {
  if (a === null || b === null) return a ?? b
  return Math.sign(Date.parse(b) - Date.parse(a)) === sign ? b : a
}

function byAppAndSequence(
  { newest: { record: a } }: DeliverySummary,
  { newest: { record: b } }: DeliverySummary,
): number {
  return a.appId < b.appId ? -1 : a.appId > b.appId ? 1 : a.sequence - b.sequence
}
