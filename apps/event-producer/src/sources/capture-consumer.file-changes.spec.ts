import { describe, expect, it } from '@jest/globals'
import {
  RowReaders,
  TransactionFolder,
  type CapturedTable,
  type CaptureSource,
  type Row,
  type RowChange,
} from '@hooklane/core/capture'
import fc from 'fast-check'
import {
  FIRST,
  found,
  ITEM,
  refusalOf,
  relationOf,
  SECOND,
  sourceOf,
  start,
  type LoggedTransaction,
} from './capture-consumer.fixture.js'
import { Outside } from './outside.fixture.js'

const COLUMNS = ['id', 'company', 'sku', 'kind', 'deleted_at', 'attributes']
const RELATIONS = ['item', 'price'].map((table) => relationOf(table, COLUMNS))
const TABLES = new Map([
  ['public.item', 1],
  ['public.price', 2],
])

/** Every key of a table, in the ways in which it can change what a row means. */
const table = (name: string, resource: string): fc.Arbitrary<CapturedTable> =>
  fc.record({
    schema: fc.constant('public'),
    table: fc.constant(name),
    resource: fc.constantFrom(resource, `${resource}2`),
    entity: fc.constantFrom(resource, 'thing'),
    id: fc.constantFrom(['id'], ['sku', 'id']),
    key: fc.constantFrom(null, 'sku'),
    url: fc.constantFrom(null, [{ kind: 'text' as const, text: 'https://pim/' }, { kind: 'id' as const }]),
    version: fc.constantFrom(null, 'id'),
    ignore: fc.constantFrom([], ['sku']),
    omit: fc.constantFrom([], ['kind']),
    json: fc.constantFrom([], ['attributes']),
    deleted: fc.constantFrom(null, { column: 'deleted_at' }),
    when: fc.constantFrom([], [{ column: 'kind', equals: 'a' }]),
    actor: fc.constantFrom(null, { id: 'sku', type: null, name: null }),
  })

const file: fc.Arbitrary<CaptureSource> = fc
  .record({
    tables: fc.tuple(table('item', 'items'), table('price', 'prices'), fc.constantFrom([0, 1], [0], [1])),
    company: fc.constantFrom({ kind: 'column' as const, column: 'company' }, { kind: 'value' as const, value: FIRST }),
    timezone: fc.constantFrom('UTC', 'Europe/Oslo'),
  })
  .map(({ tables: [item, price, taken], company, timezone }) =>
    sourceOf({ company, timezone, tables: taken.flatMap((n) => [item, price][n] ?? []) }),
  )

const row: fc.Arbitrary<Row> = fc
  .record({
    id: fc.constantFrom('1', '2', '3'),
    company: fc.constantFrom(FIRST, SECOND),
    sku: fc.constantFrom('s', 't'),
    kind: fc.constantFrom('a', 'b'),
    deleted_at: fc.constantFrom(null, '2026-03-01'),
    attributes: fc.constantFrom('{"a":1}', '{"a":2}'),
  })
  .map((values) => new Map<string, string | null>(Object.entries(values)))

const change: fc.Arbitrary<RowChange> = fc
  .tuple(
    fc.constantFrom(...RELATIONS),
    fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
    row,
    row,
  )
  .map(([relation, op, before, after]) =>
    op === 'insert'
      ? { op, relation, after }
      : op === 'delete'
        ? { op, relation, before }
        : { op, relation, before, after },
  )

const log = fc
  .array(fc.array(fc.tuple(change, fc.boolean()), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 })
  .map((transactions) => transactions.map(logged))

/** A change that shares the record of the one before it has the same LSN and the next index. */
function logged(changes: readonly (readonly [RowChange, boolean])[], number: number): LoggedTransaction {
  const commitLsn = 1_000n * BigInt(number + 1)
  let [lsn, index] = [commitLsn - 500n, 0]
  const placed = changes.map(([one, isOfSameRecord], n) => {
    if (n > 0 && isOfSameRecord) index++
    else [lsn, index] = [lsn + 8n, 0]
    return { change: one, lsn, index }
  })
  return { xid: `x${number}`, commitLsn, changes: placed }
}

/** The events that one configuration makes of a transaction: position → event. */
async function foldedBy(capture: CaptureSource, { xid, commitLsn, changes }: LoggedTransaction) {
  const folder = new TransactionFolder(new RowReaders(capture), {
    openSpool: () => Promise.reject(new Error('small')),
  })
  for (const { change: one, lsn, index = 0 } of changes) await folder.add(one, { lsn, index })
  const events = new Map<string, unknown>()
  const info = { xid, commitLsn, commitEndLsn: commitLsn + 1n, committedAtMs: 0 }
  for await (const event of folder.events(info)) events.set(event.revision?.id ?? '', JSON.parse(JSON.stringify(event)))
  return events
}

/** One process reads everything until Kafka stops answering it, and is then killed; or reads to the end. */
async function run(outside: Outside, transactions: readonly LoggedTransaction[], capture: CaptureSource, room: number) {
  const process = start(outside, { capture, room, columnsNow: COLUMNS })
  const work = async () => {
    await process.connect(found(outside.mark?.settledLsn ?? 10n), TABLES)
    for (const transaction of transactions) {
      if (transaction.commitLsn >= (outside.mark?.settledLsn ?? 0n)) await process.read(transaction)
    }
    await process.settled()
  }
  const finished = work()
  finished.catch(() => undefined)
  await Promise.race([finished, process.silence])
  await process.end()
}

describe('a changed capture file', () => {
  it('never makes other events of a half-published transaction, whatever changed and wherever the process was killed', async () => {
    const runs = fc.array(fc.tuple(file, fc.nat(12)), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(log, runs, file, async (transactions, killed, last) => {
        const outside = new Outside()
        for (const [capture, room] of killed) await run(outside, transactions, capture, room)
        await run(outside, transactions, last, Infinity)
        const files = [...killed.map(([capture]) => capture), last]
        for (const transaction of transactions) {
          const prefix = outside.events.filter(({ position }) => position.slice(5, 21) === hex(transaction.commitLsn))
          const seen = new Map(prefix.map(({ position, event }) => [position, event]))
          expect(seen.size).toBe(prefix.length)
          const wanted = await Promise.all(files.map((capture) => foldedBy(capture, transaction)))
          expect(wanted).toContainEqual(seen)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('holds from the first transaction that is not published at all', async () => {
    await fc.assert(
      fc.asyncProperty(log, file, file, fc.nat(12), async (transactions, before, after, room) => {
        const outside = new Outside()
        await run(outside, transactions, before, room)
        const reached = outside.events.at(-1)?.position.slice(5, 21) ?? ''
        await run(outside, transactions, after, Infinity)
        for (const transaction of transactions.filter(({ commitLsn }) => hex(commitLsn) > reached)) {
          const seen = outside.events.filter(({ position }) => position.slice(5, 21) === hex(transaction.commitLsn))
          const wanted = await foldedBy(after, transaction)
          const isOld = seen.length === 0 || wanted.size === 0
          if (!isOld) expect(new Map(seen.map(({ position, event }) => [position, event]))).toEqual(wanted)
          else expect(seen).toHaveLength(wanted.size)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is refused when two captured tables have swapped their names between two looks', async () => {
    const outside = new Outside()
    const capture = sourceOf({ tables: [ITEM, { ...ITEM, table: 'brand', resource: 'brands' }] })
    const named = (item: number, brand: number): ReadonlyMap<string, number> =>
      new Map([
        ['public.item', item],
        ['public.brand', brand],
      ])
    const first = start(outside, { capture })
    await first.connect(found(50n), named(1, 2))
    await first.end()
    const second = start(outside, { capture })
    expect(await refusalOf(second.connect(found(50n), named(2, 1)))).toMatchObject({ code: 'CHANGES_MISSING' })
  })
})

const hex = (lsn: bigint): string => lsn.toString(16).toUpperCase().padStart(16, '0')
