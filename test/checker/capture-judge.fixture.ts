import { Judge, type RunRecord } from '../../tools/capture-verify/judge/judge.mjs'
import { NOTE_PREFIX } from '../../tools/capture-verify/judge/notes.mjs'

/** A recorded run of an event-producer with one small table, for tests of `Judge`. The tests write the write-ahead log and the topic. */

export const TOKEN = 'secret-of-test'
export const MEANING = {
  table: 'item',
  resource: 'items',
  entity: 'item',
  id: ['id'],
  key: 'name',
  version: null,
  deleted: null,
  when: {},
  ignore: ['seen'],
  omit: ['secret_cost'],
  actor: null,
}
const COLUMNS = { id: 'integer', company_id: 'text', name: 'text', seen: 'text', secret_cost: 'text' }

export type Row = Partial<Record<keyof typeof COLUMNS, string | null>>

const row = (values: Row): Required<Row> => ({
  id: '1',
  company_id: 'a',
  name: 'Lamp',
  seen: null,
  secret_cost: `${TOKEN}-1`,
  ...values,
})

/** A row as `test_decoding` prints it. */
const printed = (values: Row, withNulls: boolean): string =>
  Object.entries(row(values))
    .filter(([, value]) => withNulls || value !== null)
    .map(([name, value]) => `${name}[${COLUMNS[name as keyof typeof COLUMNS]}]:${literal(name, value)}`)
    .join(' ')
const literal = (name: string, value: string | null): string =>
  value === null ? 'null' : name === 'id' ? value : `'${value.replaceAll("'", "''")}'`

export const insert = (now: Row): string => `table public.item: INSERT: ${printed(now, true)}`
export const update = (old: Row, now: Row): string =>
  `table public.item: UPDATE: old-key: ${printed(old, false)} new-tuple: ${printed(now, true)}`
export const remove = (old: Row): string => `table public.item: DELETE: ${printed(old, false)}`
/** The same log line, but for another table. */
export const of = (line: string, table: string): string => line.replace('public.item', `public.${table}`)
export const truncate = (table = 'item'): string => `table public.${table}: TRUNCATE: (no-flags)`
export const note = (change: object): string => {
  const content = JSON.stringify(change)
  return `message: transactional: 1 prefix: ${NOTE_PREFIX}, sz: ${content.length} content:${content}`
}

interface TopicEvent {
  readonly operation?: 'create' | 'update' | 'delete'
  readonly of?: Row
  readonly was?: Row
  /** Members to add to a correct record, or to replace in it. */
  readonly more?: object
  /** Index of the event's change in its transaction. */
  readonly change?: number
  /** By default the changes that lead from `was` to `of`. */
  readonly changes?: readonly object[]
  readonly resync?: string
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(16, '0')
const ACTIONS = { create: 'created', update: 'updated', delete: 'deleted' }

/** The data of an event: the row without the omitted columns. */
function dataOf(values: Row): Record<string, unknown> {
  const { secret_cost: _, ...rest } = row(values)
  return { ...rest, id: Number(rest.id) }
}

function changeOf(event: TopicEvent, position: string, xid: string): object {
  const { of = {}, was = {}, operation = 'create', change = 0, more = {} } = event
  const [data, before] = [dataOf(of), dataOf(was)]
  const paths = Object.keys(data).filter((path) => path !== 'seen' && before[path] !== data[path])
  const leading = paths.map((path) => ({ op: 'replace', path: `/${path}`, before: before[path], after: data[path] }))
  const { changes = operation === 'update' ? leading : [] } = event
  const transaction = { id: xid, index: change, size: 1 }
  const unknown = { number: null, actor: { id: null }, correlationId: null }
  const { id, name } = row(of)
  return {
    type: `items.${ACTIONS[operation]}`,
    entity: { type: 'item', id, key: name, url: null },
    revision: { id: position, operation, changes, transaction, ...unknown },
    data,
    ...more,
  }
}

const resyncOf = (reason: string, position: string): object => ({
  type: 'resync.required',
  entity: { type: 'source', id: 'pim' },
  revision: null,
  data: { reason, resources: ['items'], to: position },
})

/** Writes a run step by step. Each transaction takes 100 bytes of the log: a change every 10 bytes, and the commit at byte 90. */
export class Script {
  readonly history: { lsn: string; data: string }[] = []
  readonly records: { partition: number; offset: string; key: string; position: string; value: string }[] = []
  readonly producers: RunRecord['producers'] = []
  rows: RunRecord['rows'] = { item: [] }
  finalRows: RunRecord['finalRows'] = { item: [] }
  private next = 1
  private nowMs = Date.parse('2026-03-02T08:15:04.190Z')

  constructor() {
    this.starts()
  }

  /** Starts another event-producer process, with these tables in its capture file. */
  starts(tables: RunRecord['tables'] = [MEANING], ended?: string): this {
    const startLsn = `0/${((this.next - 1) * 100).toString(16)}`
    const [last] = this.producers.slice(-1)
    if (last && ended !== undefined) last.ended = ended
    const offsets = { 0: String(this.records.length) }
    this.producers.push({ startedAt: '', startLsn, offsets, file: { epoch: 1, tables } })
    return this
  }

  passes(seconds: number): this {
    this.nowMs += seconds * 1000
    return this
  }

  commits(lines: readonly string[], events: readonly TopicEvent[] = []): this {
    const number = this.next++
    const start = number * 100
    const xid = String(700 + number)
    this.log(start, `BEGIN ${xid}`)
    lines.forEach((line, index) => this.log(start + 10 * index, line))
    const at = new Date(this.nowMs).toISOString().replace('T', ' ').replace('Z', '+00')
    this.log(start + 100, `COMMIT ${xid} (at ${at})`)
    for (const event of events) this.publishes(number, event)
    return this
  }

  /** Publishes an event of an earlier transaction; `number` counts transactions from 1. */
  publishes(number: number, event: TopicEvent): this {
    const { change = 0, of = {}, operation = 'create', resync } = event
    const side = operation === 'create' ? 1 : 0
    const position = `0001-${hex(number * 100 + 90)}-${hex(number * 100 + 10 * change)}-0000-${side}`
    const companyId = row(of).company_id ?? ''
    const base = { id: `evt_${position}`, producer: 'pim', companyId }
    const members = resync === undefined ? changeOf(event, position, String(700 + number)) : resyncOf(resync, position)
    const value = JSON.stringify({ ...base, ...members })
    this.records.push({ partition: 0, offset: String(this.records.length), key: companyId, position, value })
    return this
  }

  /** Ends the run with these rows in the table, and returns the verdict. */
  ends(...rows: Row[]) {
    this.finalRows = { item: rows.map(row) }
    const run: RunRecord = {
      source: 'pim',
      token: TOKEN,
      companies: ['a', 'b'],
      tables: [MEANING],
      relations: [{ name: 'item', columns: COLUMNS, id: ['id'], parent: null }],
      rows: this.rows,
      producers: this.producers,
      finalRows: this.finalRows,
    }
    const { counts, examples } = new Judge(run, this.records).judge(this.history)
    const { lost, invented, leaked, confused } = counts
    return { lost, invented, leaked, confused, texts: examples.map(({ text }) => text) }
  }

  private log(lsn: number, data: string): void {
    this.history.push({ lsn: `0/${lsn.toString(16)}`, data })
  }
}
