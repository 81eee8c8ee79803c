import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { EntityEvent, JsonObject } from '@hooklane/contracts/public'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'
import type { Relation, Row, RowChange, TransactionInfo } from '../row-change.js'
import { RowReaders } from '../entity/row-readers.js'
import { MemorySpool } from './memory-spool.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

const ITEM: CapturedTable = {
  schema: 'public',
  table: 'item',
  resource: 'items',
  entity: 'item',
  id: ['id'],
  key: null,
  url: null,
  version: null,
  ignore: ['noise'],
  omit: ['secret'],
  json: [],
  deleted: { column: 'deleted' },
  when: [{ column: 'live', equals: true }],
  actor: null,
}

const SOURCE: CaptureSource = {
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  company: { kind: 'column', column: 'company' },
  timezone: 'UTC',
  slot: 's',
  publication: 'p',
  accept: [],
  // Ids are unique in their table alone: both count from 1.
  tables: [ITEM, { ...ITEM, table: 'twin', resource: 'twins', entity: 'twin' }],
}

const relation: Relation = {
  schema: 'public',
  table: 'item',
  columns: [
    ['id', 23] as const,
    ['company', 25] as const,
    ['name', 25] as const,
    ['noise', 25] as const,
    ['secret', 25] as const,
    ['deleted', 25] as const,
    ['live', 16] as const,
  ].map(([name, typeOid]) => ({ name, typeOid, typeModifier: -1 })),
  replicaIdentity: 'full',
}

const relations = { items: relation, twins: { ...relation, table: 'twin' } }

type Resource = keyof typeof relations

const TRANSACTION: TransactionInfo = { xid: '1', commitLsn: 1n, commitEndLsn: 2n, committedAtMs: 0 }

async function fold(changes: Iterable<RowChange>, memoryLimit: number) {
  const spools: MemorySpool[] = []
  const openSpool = () => {
    const spool = new MemorySpool()
    spools.push(spool)
    return Promise.resolve(spool)
  }
  const folder = new TransactionFolder(new RowReaders(SOURCE), { openSpool, memoryLimit })
  let lsn = 0n
  for (const change of changes) await folder.add(change, { lsn: lsn++, index: 0 })
  const events: EntityEvent[] = []
  for await (const event of folder.events(TRANSACTION)) events.push(event)
  await folder.discard()
  return { events, spools }
}

/** What a row is as an entity, computed by other means than those of the product. */
function entityOf(row: Row): { readonly key: string; readonly data: JsonObject } | null {
  if (row.get('company') === null || row.get('deleted') !== null || row.get('live') !== 't') return null
  const { secret: _, ...told } = Object.fromEntries(row)
  return { key: `${row.get('company')}/${row.get('id')}`, data: { ...told, id: Number(row.get('id')), live: true } }
}

/** Both tables, each by id. */
type Tables = Readonly<Record<Resource, Map<string, Row>>>

const entitiesOf = (tables: Tables) =>
  new Map(
    Object.entries(tables).flatMap(([resource, table]) =>
      [...table.values()]
        .flatMap((row) => entityOf(row) ?? [])
        .map(({ key, data }) => [`${resource}/${key}`, data] as const),
    ),
  )

/** The events that a transaction must yield, from the tables before and after it. */
function expected(before: ReadonlyMap<string, JsonObject>, after: ReadonlyMap<string, JsonObject>): string[] {
  const events: string[] = []
  for (const [key, data] of after) {
    const old = before.get(key)
    if (!old) events.push(`created ${key} ${JSON.stringify(data)}`)
    else if (JSON.stringify({ ...old, noise: 0 }) !== JSON.stringify({ ...data, noise: 0 }))
      events.push(`updated ${key} ${JSON.stringify(data)}`)
  }
  for (const key of before.keys()) if (!after.has(key)) events.push(`deleted ${key}`)
  return events.sort()
}

const seen = (events: readonly EntityEvent[]) =>
  events
    .map(({ type, companyId, entity, data }) => {
      const [resource, action] = type.split('.')
      return `${action} ${resource}/${companyId}/${entity.id}${action === 'deleted' ? '' : ` ${JSON.stringify(data)}`}`
    })
    .sort()

const row = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '4'),
    company: fc.constantFrom('a', 'a', 'b', null),
    name: fc.constantFrom('x', 'y', null, 'ü'.repeat(50)),
    noise: fc.constantFrom('1', '2'),
    secret: fc.constantFrom('s', 't'),
    deleted: fc.constantFrom(null, null, 'yes'),
    live: fc.constantFrom('t', 't', 'f'),
  })
  .map((values): Row => new Map(Object.entries(values)))

/** Statements against tables whose ids are unique; each says which row it wants and is turned into what really happens. */
const statement = fc.record({
  resource: fc.constantFrom<Resource>('items', 'twins'),
  target: fc.constantFrom('1', '2', '3', '4'),
  row,
  isDelete: fc.boolean(),
})
const statements = fc.array(statement, { maxLength: 25 })

type Statement = typeof statement extends fc.Arbitrary<infer T> ? T : never

function run(tables: Tables, wanted: readonly Statement[]): RowChange[] {
  const changes: RowChange[] = []
  for (const { resource, target, row: after, isDelete } of wanted) {
    const [table, relation] = [tables[resource], relations[resource]]
    const before = table.get(target)
    const id = after.get('id') ?? ''
    if (before && isDelete) {
      table.delete(target)
      changes.push({ op: 'delete', relation, before })
    } else if (before && (id === target || !table.has(id))) {
      table.delete(target)
      table.set(id, after)
      changes.push({ op: 'update', relation, before, after })
    } else if (!before && !table.has(id)) {
      table.set(id, after)
      changes.push({ op: 'insert', relation, after })
    }
  }
  return changes
}

describe('any transaction', () => {
  it('yields exactly the difference between the tables before and after it, in memory as through a file', async () => {
    await fc.assert(
      fc.asyncProperty(
        statements,
        statements,
        fc.constantFrom(0, 300, 1_000_000),
        async (earlier, wanted, memoryLimit) => {
          const tables = { items: new Map<string, Row>(), twins: new Map<string, Row>() }
          run(tables, earlier)
          const before = entitiesOf(tables)
          const changes = run(tables, wanted)
          const { events } = await fold(changes, memoryLimit)
          expect(seen(events)).toEqual(expected(before, entitiesOf(tables)))
          const positions = events.map((event) => event.revision?.id ?? '')
          expect(positions).toEqual([...new Set(positions)].sort())
          const inMemory = await fold(changes, Infinity)
          expect(events).toEqual(inMemory.events)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('of keys permuted at will under a deferred constraint yields the difference, too', async () => {
    const names = ['p', 'q', 'r', 's']
    const permutation = fc.shuffledSubarray(['1', '2', '3', '4'], { minLength: 4 })
    await fc.assert(
      fc.asyncProperty(permutation, permutation, fc.constantFrom(0, Infinity), async (to, order, memoryLimit) => {
        const rowOf = (id: string, name: string): Row =>
          new Map(Object.entries({ id, company: 'a', name, noise: '1', secret: 's', deleted: null, live: 't' }))
        const changes = order.map((id): RowChange => {
          const [name, target] = [names[Number(id) - 1]!, to[Number(id) - 1]!]
          return { op: 'update', relation, before: rowOf(id, name), after: rowOf(target, name) }
        })
        const { events } = await fold(changes, memoryLimit)
        const moved = to.flatMap((target, at) =>
          target === String(at + 1) ? [] : [`items.updated ${target} ${JSON.stringify(names[at])}`],
        )
        expect(
          events.map(({ type, entity, data }) => `${type} ${entity.id} ${JSON.stringify(data?.name)}`).sort(),
        ).toEqual(moved.sort())
      }),
    )
  })
})

describe('a large transaction', () => {
  function* updates(count: number): Generator<RowChange> {
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < count; id++) {
        const at = (version: number): Row =>
          new Map([
            ['id', String(id)],
            ['company', 'a'],
            ['name', `${version} ${'n'.repeat(1000)}`],
            ['noise', null],
            ['secret', ''],
            ['deleted', null],
            ['live', 't'],
          ])
        yield { op: 'update', relation, before: at(round), after: at(round + 1) }
      }
    }
  }

  it('lies in a file, is read back in few reads and leaves nothing behind', async () => {
    const count = 3_000
    const { events, spools } = await fold(updates(count), 100_000)
    expect(events).toHaveLength(count)
    const changes = events.map((event) => JSON.stringify(event.revision?.changes?.[0]))
    expect(changes.every((change) => change.includes('"before":"0 ') && change.includes('"after":"2 '))).toBe(true)
    expect(events.map((event) => event.revision?.transaction?.index)).toEqual(
      Array.from({ length: count }, (_, at) => at),
    )
    expect(spools).toHaveLength(1)
    expect(spools[0]!.reads).toBeLessThan(60)
    expect(spools[0]!.isDiscarded).toBe(true)
  })

  it('a row larger than the blocks of the file comes back whole', async () => {
    const large: Row = new Map(
      Object.entries({
        id: '1',
        company: 'a',
        name: 'ö'.repeat(400_000),
        noise: '',
        secret: '',
        deleted: null,
        live: 't',
      }),
    )
    const { events } = await fold([{ op: 'insert', relation, after: large }], 0)
    expect(events[0]!.revision?.omitted).toEqual(['/name'])
    expect(events[0]!.revision?.stateHash).toBe(
      (await fold([{ op: 'insert', relation, after: large }], Infinity)).events[0]!.revision?.stateHash,
    )
  })
})
